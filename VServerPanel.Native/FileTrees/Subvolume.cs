using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>Subvolumes of btrfs (linux/btrfs.h): trees that are copied and removed at once. On other file systems every answer is no.</summary>
internal static unsafe class Subvolume
{
    // BTRFS_FIRST_FREE_OBJECTID: the top of every subvolume, and of nothing else
    private const ulong TopInode = 256;

    /// <summary>Whether an open directory is the top of one.</summary>
    public static bool IsTop(SafeFileHandle directory) => Libc.fstatx(directory).Inode == TopInode && IdOf(directory) != 0;

    /// <summary>Its number in its file system, never given again; 0 where the directory is on none.</summary>
    public static ulong IdOf(SafeFileHandle directory)
    {
        // tree 0 stands for that of the descriptor
        var arguments = new Libc.BtrfsInodeLookup { ObjectId = TopInode };
        return Libc.ioctl((int)directory.DangerousGetHandle(), Libc.BTRFS_IOC_INO_LOOKUP, &arguments) == 0 ? arguments.TreeId : 0;
    }

    /// <summary>Makes a directory: an empty subvolume where the file system has those.</summary>
    public static void MakeDirectory(string path, uint mode)
    {
        using var parent = Libc.open(Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (IdOf(parent) != 0)
        {
            var arguments = default(Libc.BtrfsVolume);
            SetName(arguments.Name, Libc.BtrfsVolume.NameSize, Path.GetFileName(path));
            if (Libc.ioctl((int)parent.DangerousGetHandle(), Libc.BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0)
            {
                ErrnoException.ThrowIfFailed(Libc.chmod(path, mode), "chmod", path);
                return;
            }
        }

        ErrnoException.ThrowIfFailed(Libc.mkdirat(parent, Path.GetFileName(path), mode), "mkdirat", path);
    }

    /// <summary>Makes a copy that can be written to. False where the source is no subvolume of this file system.</summary>
    public static bool TrySnapshot(SafeFileHandle source, string path)
    {
        if (!IsTop(source))
        {
            return false;
        }

        using var parent = Libc.open(Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var arguments = new Libc.BtrfsVolumeV2 { Descriptor = source.DangerousGetHandle() };
        SetName(arguments.Name, Libc.BtrfsVolumeV2.NameSize, Path.GetFileName(path));
        if (Libc.ioctl((int)parent.DangerousGetHandle(), Libc.BTRFS_IOC_SNAP_CREATE_V2, &arguments) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is ErrnoNames.EXDEV or ErrnoNames.EINVAL or ErrnoNames.ENOTTY ? false : throw ErrnoException.Last("ioctl(BTRFS_IOC_SNAP_CREATE_V2)", path);
    }

    /// <summary>Removes one with all that is in it. False where it is none, or holds others, and must be emptied first.</summary>
    /// <exception cref="ErrnoException">EBUSY: something is mounted in it.</exception>
    public static bool TryRemove(SafeFileHandle parent, string name, SafeFileHandle directory)
    {
        if (!IsTop(directory))
        {
            return false;
        }

        // the kernel would detach what is mounted in it
        var path = new FileInfo($"/proc/self/fd/{(int)directory.DangerousGetHandle()}").LinkTarget;
        if (path is null || MountTable.Read().Any(m => m.MountPoint == path || m.MountPoint.StartsWith(path + "/", StringComparison.Ordinal)))
        {
            return false;
        }

        var arguments = default(Libc.BtrfsVolume);
        SetName(arguments.Name, Libc.BtrfsVolume.NameSize, name);
        return Libc.ioctl((int)parent.DangerousGetHandle(), Libc.BTRFS_IOC_SNAP_DESTROY, &arguments) == 0;
    }

    private static void SetName(byte* room, int size, string name)
    {
        var length = PathMarshaller.Encode(name, new Span<byte>(room, size - 1));
        room[length] = 0;
    }
}
