using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>Removes a tree by descriptors: a guest's symlinks are removed, never followed, and mounts below it are never entered.</summary>
/// <remarks>However deep a guest has nested its directories: beyond a depth they are moved up to the top of the tree, so that neither
/// descriptors nor stack run out.</remarks>
internal sealed class TreeRemoval
{
    private const int MaximumDepth = 64;

    private readonly SafeFileHandle _root;
    private readonly ulong _mount;
    private readonly Action<long>? _progress;
    private long _removed;
    private long _moved;

    private TreeRemoval(SafeFileHandle root, Action<long>? progress) => (_root, _mount, _progress) = (root, Libc.fstatx(root).MountId, progress);

    /// <summary>Removes it; does nothing where it is not there.</summary>
    /// <exception cref="ErrnoException">EBUSY: something is mounted in the tree.</exception>
    public static void Remove(string path, Action<long>? progress = null)
    {
        if (Libc.TryStatx(null, path, out _))
        {
            using var parent = Libc.open(Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
            RemoveAt(parent, Path.GetFileName(path), progress);
        }
    }

    /// <summary>Removes what has this name in an open directory; does nothing where it is not there.</summary>
    public static void RemoveAt(SafeFileHandle parent, string name, Action<long>? progress = null)
    {
        if (!Libc.TryStatx(parent, name, out var stat))
        {
            return;
        }

        if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            Unlink(parent, name, 0);
            return;
        }

        using (var root = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            if (Libc.fstatx(root).MountId != Libc.fstatx(parent).MountId)
            {
                throw MountedIn(name);
            }

            if (Subvolume.TryRemove(parent, name, root))
            {
                return;
            }

            new TreeRemoval(root, progress).RemoveAll();
        }

        Unlink(parent, name, Libc.AT_REMOVEDIR);
    }

    private void RemoveAll()
    {
        ClearImmutable(_root);
        long moved;
        do
        {
            moved = _moved;
            RemoveContent(_root, 0);
        }
        while (_moved > moved);
    }

    private void RemoveContent(SafeFileHandle directory, int depth)
    {
        // a descriptor of its own reads from the first entry, also the second time
        using var reader = Libc.openat(directory, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var entry in DirectoryReader.Read(reader))
        {
            if (entry.IsDirectory || (entry.Type == 0 && (Libc.statx(directory, entry.Name).Mode & Libc.S_IFMT) == Libc.S_IFDIR))
            {
                RemoveDirectory(directory, entry.Name, depth);
            }
            else
            {
                Unlink(directory, entry.Name, 0);
            }

            if (++_removed % 1000 == 0)
            {
                _progress?.Invoke(_removed);
            }
        }
    }

    private void RemoveDirectory(SafeFileHandle parent, string name, int depth)
    {
        using (var child = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            // the mount, not the device: a btrfs subvolume that a guest made has a device of its own
            if (Libc.fstatx(child).MountId != _mount)
            {
                throw MountedIn(name);
            }

            if (Subvolume.TryRemove(parent, name, child))
            {
                return;
            }

            ClearImmutable(child);
            if (depth < MaximumDepth)
            {
                RemoveContent(child, depth + 1);
            }
        }

        if (depth < MaximumDepth)
        {
            Unlink(parent, name, Libc.AT_REMOVEDIR);
        }
        else
        {
            MoveUp(parent, name);
        }
    }

    private void MoveUp(SafeFileHandle parent, string name)
    {
        while (Libc.renameat2((int)parent.DangerousGetHandle(), name, (int)_root.DangerousGetHandle(), $".vserver-removing-{_moved++}", Libc.RENAME_NOREPLACE) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrnoNames.EEXIST)
            {
                throw ErrnoException.Last("renameat2", name);
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
            using var fd = Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
            var wasImmutable = ClearImmutable(fd);
            ErrnoException.ThrowIfFailed(Libc.unlinkat(directory, name, flags), "unlinkat", name);

            if (wasImmutable)
            {
                Protect(fd);
            }

            return;
        }

        throw new ErrnoException(errno, "unlinkat", name);
    }

    /// <summary>Makes a thawed file immutable again where other vservers may have it, too. One that was shared and has a single name left is an ordinary file from now on:
    /// nobody would thaw it again, and the vserver that keeps it could never upgrade it.</summary>
    private static void Protect(SafeFileHandle file)
    {
        var (fd, stat) = ((int)file.DangerousGetHandle(), Libc.fstatx(file));
        if (stat.LinkCount > 1 || (stat.LinkCount == 1 && !Unification.SharedMark.IsOn(fd, stat, isImmutable: true)))
        {
            Unification.SharedMark.Freeze(fd, true);
        }
    }

    /// <returns>Whether it was immutable.</returns>
    private static bool ClearImmutable(SafeFileHandle fd)
    {
        const int ImmutableOrAppend = Libc.FS_IMMUTABLE_FL | 0x20;
        var (flags, wasImmutable) = (0, false);
        if (Libc.ioctl_ref(fd, Libc.FS_IOC_GETFLAGS, ref flags) == 0 && (flags & ImmutableOrAppend) != 0)
        {
            wasImmutable = (flags & Libc.FS_IMMUTABLE_FL) != 0;
            flags &= ~ImmutableOrAppend;
            ErrnoException.ThrowIfFailed(Libc.ioctl_ref(fd, Libc.FS_IOC_SETFLAGS, ref flags), "FS_IOC_SETFLAGS");
        }

        return wasImmutable;
    }

    private static ErrnoException MountedIn(string name) => new(ErrnoNames.EBUSY, "a file system is mounted in the tree", name);
}
