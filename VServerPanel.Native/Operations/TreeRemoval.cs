using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>Removes a tree by descriptors: a guest's symlinks are removed, never followed, and mounts below it are never entered.</summary>
internal static class TreeRemoval
{
    /// <summary>Removes it; does nothing where it is not there.</summary>
    public static void Remove(string path, Action<long>? progress = null)
    {
        if (!Libc.TryStatx(null, path, out var stat))
        {
            return;
        }

        using var parent = Libc.open(Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var removed = 0L;
        if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            Unlink(parent, Path.GetFileName(path), 0);
            return;
        }

        using (var root = Libc.openat(parent, Path.GetFileName(path), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            RemoveContent(root, stat.DevMajor, stat.DevMinor, ref removed, progress);
        }

        Unlink(parent, Path.GetFileName(path), Libc.AT_REMOVEDIR);
    }

    private static void RemoveContent(SafeFileHandle directory, uint devMajor, uint devMinor, ref long removed, Action<long>? progress)
    {
        foreach (var entry in DirectoryReader.Read(directory))
        {
            if (entry.IsDirectory)
            {
                using var child = Libc.openat(directory, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                var stat = Libc.fstatx(child);
                if (stat.DevMajor != devMajor || stat.DevMinor != devMinor)
                {
                    throw new ErrnoException(ErrnoNames.EBUSY, "a file system is mounted in the tree", entry.Name);
                }

                ClearImmutable(child);
                RemoveContent(child, devMajor, devMinor, ref removed, progress);
                Unlink(directory, entry.Name, Libc.AT_REMOVEDIR);
            }
            else
            {
                Unlink(directory, entry.Name, 0);
            }

            if (++removed % 1000 == 0)
            {
                progress?.Invoke(removed);
            }
        }
    }

    private static void Unlink(SafeFileHandle directory, string name, int flags)
    {
        if (Libc.unlinkat(directory, name, flags) == 0)
        {
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno == ErrnoNames.ENOENT)
        {
            return;
        }

        // an immutable file of the guest's
        if (errno == ErrnoNames.EPERM && flags == 0 && Libc.statx(directory, name) is { } stat && (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG)
        {
            using (var fd = Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK))
            {
                ClearImmutable(fd);
            }

            ErrnoException.ThrowIfFailed(Libc.unlinkat(directory, name, flags), "unlinkat", name);
            return;
        }

        throw new ErrnoException(errno, "unlinkat", name);
    }

    private static void ClearImmutable(SafeFileHandle fd)
    {
        const int ImmutableOrAppend = Libc.FS_IMMUTABLE_FL | 0x20;
        var flags = 0;
        if (Libc.ioctl_ref(fd, Libc.FS_IOC_GETFLAGS, ref flags) == 0 && (flags & ImmutableOrAppend) != 0)
        {
            flags &= ~ImmutableOrAppend;
            ErrnoException.ThrowIfFailed(Libc.ioctl_ref(fd, Libc.FS_IOC_SETFLAGS, ref flags), "FS_IOC_SETFLAGS");
        }
    }
}
