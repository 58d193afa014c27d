using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary>Finds out whether a tree has files that are shared by marked hard links, which <see cref="Iunlink"/> is there to protect.</summary>
internal sealed class SharedFiles
{
    private const byte UnknownType = 0; // d_type, readdir(3)
    private const byte RegularFile = 8;
    private const int MaximumDepth = 64;

    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly TimeSpan _patience;
    private readonly ulong _mount;

    private SharedFiles(ulong mount, TimeSpan patience) => (_mount, _patience) = (mount, patience);

    /// <summary>Whether anything was ever unified on this host: where not, no tree needs to be looked through.</summary>
    public static bool MayBeOn(HostPaths paths) => Directory.Exists(paths.State + "/unification") || Directory.Exists(paths.VServers + "/.unify");

    /// <summary>The first one that is found, by its path in the tree; null where there is none, or none was found in time.</summary>
    /// <param name="root">Of the tree. No link in it is followed, and nothing mounted in it entered.</param>
    /// <param name="patience">Unified trees have them in their first directories.</param>
    public static string? FindOne(SafeFileHandle root, TimeSpan patience)
    {
        using var reader = Libc.openat(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        return new SharedFiles(Libc.fstatx(reader).MountId, patience).Search(reader, "", 0);
    }

    private string? Search(SafeFileHandle directory, string path, int depth)
    {
        var below = new List<string>();
        foreach (var entry in DirectoryReader.Read(directory))
        {
            if (entry.Type is RegularFile or UnknownType && IsShared(directory, entry.Name))
            {
                return $"{path}/{entry.Name}";
            }

            if (entry.IsDirectory || entry.Type == UnknownType)
            {
                below.Add(entry.Name);
            }
        }

        // programs and libraries first
        foreach (var name in below.OrderBy(n => n is "bin" or "usr" or "lib" or "sbin" ? 0 : 1))
        {
            if (depth == MaximumDepth || _time.Elapsed > _patience)
            {
                return null;
            }

            try
            {
                using var child = Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                if (Libc.fstatx(child).MountId == _mount && Search(child, $"{path}/{name}", depth + 1) is { } found)
                {
                    return found;
                }
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
            {
                // no directory, or gone
            }
        }

        return null;
    }

    private static bool IsShared(SafeFileHandle directory, string name)
    {
        if (!Libc.TryStatx(directory, name, out var stat) || (stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.LinkCount < 2)
        {
            return false;
        }

        try
        {
            using var file = Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
            var flags = 0;
            return Libc.ioctl_ref(file, Libc.FS_IOC_GETFLAGS, ref flags) == 0 && (flags & Iunlink.Mark) == Iunlink.Mark;
        }
        catch (ErrnoException)
        {
            return false;
        }
    }
}
