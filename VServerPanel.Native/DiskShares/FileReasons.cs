using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary>A regular file, and why it cannot be shared; <see cref="SkipReason.None"/> where it can.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileReason(string Path, SkipReason Reason, long Bytes);

/// <summary>Goes through the files of one tree. Nothing is followed, and nothing mounted in it is entered.</summary>
internal sealed unsafe class FileReasons(Invocation call, VServerName name)
{

    private readonly Stack<(OpenDirectory? Parent, byte[] Name, string Path, bool IsExcluded)> _waiting = [];

    public IEnumerable<FileReason> Read()
    {
        using var root = Libc.open(call.Paths.TreeOf(name), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var mount = Libc.fstatx(root).MountId;
        var configuration = TryReadConfiguration(root);
        using var reader = new EntryReader();
        _waiting.Push((null, [0], "", false));
        var found = new List<FileReason>();
        while (_waiting.TryPop(out var next))
        {
            call.Cancel.ThrowIfCancellationRequested();
            found.Clear();
            Read(reader, root, next.Parent, next.Name, next.Path, next.IsExcluded, mount, configuration, found);
            foreach (var file in found)
            {
                yield return file;
            }
        }
    }

    /// <summary>The paths that a tree's packages have as configuration; none where it has no packages that we know, null where they could not be read.</summary>
    private HashSet<string>? TryReadConfiguration(SafeFileHandle root)
    {
        try
        {
            using var database = PackageDatabases.OpenWithoutStart(call, name, root);
            return database is null ? [] : database.RequireWhole().Packages.SelectMany(database.ConfigurationOf).Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            call.Report.Warn($"The packages of {name} could not be read. {ProblemException.ToEvent(e).Message}");
            return null;
        }
    }

    private void Read(EntryReader reader, SafeFileHandle root, OpenDirectory? parent, byte[] name, string path, bool isExcluded, ulong mount, HashSet<string>? configuration, List<FileReason> found)
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
                    reason = reason != SkipReason.None ? reason : configuration is null ? SkipReason.PackagesUnread : configuration.Contains(below) ? SkipReason.Configuration : reason;
                    found.Add(new FileReason(below, reason, (long)stat.Allocated));
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
