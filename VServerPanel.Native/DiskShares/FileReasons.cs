using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.DiskShares;

/// <summary>A regular file, and why it cannot be shared; <see cref="SkipReason.None"/> where it can.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileReason(string Path, SkipReason Reason, long Bytes);

/// <summary>Goes through the files of one tree. Nothing is followed, and nothing mounted in it is entered.</summary>
internal sealed unsafe class FileReasons(string tree, CancellationToken cancel)
{
    private const int BlockSize = 512; // statx(2), stx_blocks

    private readonly Stack<(OpenDirectory? Parent, byte[] Name, string Path, bool IsExcluded)> _waiting = [];

    /// <summary>The paths that a tree's packages have as configuration; none where it has no database that can be read from outside.</summary>
    public static HashSet<string> ConfigurationOf(SafeFileHandle root)
    {
        using var database = PackageDatabases.Open(root);
        return database is null ? [] : database.Packages.SelectMany(database.FilesOf).Where(f => f.IsConfiguration).Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
    }

    public IEnumerable<FileReason> Read()
    {
        using var root = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var mount = Libc.fstatx(root).MountId;
        var configuration = ConfigurationOf(root);
        using var reader = new EntryReader();
        _waiting.Push((null, [0], "", false));
        var found = new List<FileReason>();
        while (_waiting.TryPop(out var next))
        {
            cancel.ThrowIfCancellationRequested();
            found.Clear();
            Read(reader, root, next.Parent, next.Name, next.Path, next.IsExcluded, mount, configuration, found);
            foreach (var file in found)
            {
                yield return file;
            }
        }
    }

    private void Read(EntryReader reader, SafeFileHandle root, OpenDirectory? parent, byte[] name, string path, bool isExcluded, ulong mount, HashSet<string> configuration, List<FileReason> found)
    {
        if (Open(root, parent, name) is not { } directory)
        {
            return;
        }

        try
        {
            reader.Begin();
            while (reader.Next(directory.Fd))
            {
                if (!Libc.TryStatx(directory.Fd, reader.Name, out var stat))
                {
                    continue;
                }

                var below = path.Length == 0 ? reader.Text : $"{path}/{reader.Text}";
                var type = stat.Mode & Libc.S_IFMT;
                if (type == Libc.S_IFREG)
                {
                    var reason = isExcluded ? SkipReason.ExcludedDirectory : Eligibility.OfFile(stat, mount);
                    found.Add(new FileReason(below, reason == SkipReason.None && configuration.Contains(below) ? SkipReason.Configuration : reason, (long)stat.Blocks * BlockSize));
                }
                else if (type == Libc.S_IFDIR && stat.MountId == mount)
                {
                    _waiting.Push((directory.Use(), reader.CopyName(), below, Exclusions.Default.IsExcluded(Encoding.UTF8.GetBytes(below), isExcluded)));
                }
            }
        }
        finally
        {
            directory.Release();
        }
    }

    private static OpenDirectory? Open(SafeFileHandle root, OpenDirectory? parent, byte[] name)
    {
        if (parent is null)
        {
            return new OpenDirectory(Libc.openat(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY));
        }

        fixed (byte* bytes = name)
        {
            var fd = Libc.OpenEntry(parent.Fd, bytes, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
            parent.Release();

            // a running vserver changes while it is looked at
            return fd < 0 ? null : new OpenDirectory(new SafeFileHandle(fd, ownsHandle: true));
        }
    }
}
