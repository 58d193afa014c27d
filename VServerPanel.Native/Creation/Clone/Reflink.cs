using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Whether files of a directory can share their content (ioctl_ficlone(2): xfs, btrfs, bcachefs).</summary>
internal static class Reflink
{
    /// <summary>Tries it with two files that have no name; where the disk has no room for them, the file system is asked.</summary>
    public static bool IsSupportedAt(string directory)
    {
        try
        {
            using var from = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR, 0b110_000_000);
            using var to = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR, 0b110_000_000);
            try
            {
                RandomAccess.Write(from, new byte[4096], 0);
            }
            catch (IOException e) when (SpareRoom.IsFullDisk(e))
            {
                // who cannot share content says so of an empty file as well
            }

            return Libc.ioctl(to, Libc.FICLONE, from.DangerousGetHandle()) == 0 || Marshal.GetLastPInvokeError() is ErrnoNames.ENOSPC or ErrnoNames.EDQUOT;
        }
        catch (ErrnoException e)
        {
            return SpareRoom.IsFullDisk(e) && IsFeatureOf(directory);
        }
    }

    private static bool IsFeatureOf(string directory) => MountTable.Holding(directory).FileSystem switch
    {
        "btrfs" or "bcachefs" => true,
        "xfs" => HasXfsReflinks(directory),
        _ => false,
    };

    // linux/fs/xfs/libxfs/xfs_fs.h: struct xfs_fsop_geom_v1 has 112 bytes, its flags are at 92
    internal static unsafe bool HasXfsReflinks(string directory)
    {
        const nuint Geometry = 0x80705864; // XFS_IOC_FSGEOMETRY_V1: _IOR('X', 100, struct xfs_fsop_geom_v1)
        const int Size = 112;
        const int Flags = 92;
        const uint HasReflinks = 1 << 20;
        var geometry = stackalloc byte[Size];
        using var fd = Libc.open(directory, Libc.O_RDONLY | Libc.O_DIRECTORY);
        return Libc.ioctl(fd, Geometry, (nint)geometry) == 0 && (*(uint*)(geometry + Flags) & HasReflinks) != 0;
    }
}
