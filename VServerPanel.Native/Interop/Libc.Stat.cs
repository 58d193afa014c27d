using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/stat.h, sys/statvfs.h.</summary>
internal static partial class Libc
{
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_BTIME = 0x800;
    internal const uint STATX_MNT_ID = 0x1000;
    internal const ushort S_IFMT = 0xf000;
    internal const ushort S_IFSOCK = 0xc000;
    internal const ushort S_IFLNK = 0xa000;
    internal const ushort S_IFREG = 0x8000;
    internal const ushort S_IFBLK = 0x6000;
    internal const ushort S_IFDIR = 0x4000;
    internal const ushort S_IFCHR = 0x2000;
    internal const ushort S_IFIFO = 0x1000;
    internal const ushort S_ISUID = 0x800;
    internal const ushort S_ISGID = 0x400;
    internal const long UTIME_OMIT = 0x3ffffffe;

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTimestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int _reserved;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct Statx
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint LinkCount;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        private readonly ushort _spare0;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTimestamp Access;
        public StatxTimestamp Birth;
        public StatxTimestamp Change;
        public StatxTimestamp Modify;
        public uint RdevMajor;
        public uint RdevMinor;
        public uint DevMajor;
        public uint DevMinor;
        public ulong MountId;

        /// <summary>Bytes that its blocks take, without its holes: stx_blocks are of 512 bytes (statx(2)).</summary>
        public readonly ulong Allocated => Blocks * 512;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial int statx_raw(int dirfd, string path, int flags, uint mask, out Statx buffer);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int mkdirat(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int fchmod(SafeFileHandle fd, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int chmod(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int fchmodat(SafeFileHandle directory, string path, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "mkfifoat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int mkfifoat(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static unsafe partial int utimensat(SafeFileHandle directory, string path, Timespec* times, int flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    internal static unsafe partial int futimens(SafeFileHandle fd, Timespec* times);

    /// <summary>statx(2) of an entry, symlinks not followed; false where there is none.</summary>
    internal static bool TryStatx(SafeFileHandle? directory, string path, out Statx stat, int flags = AT_SYMLINK_NOFOLLOW)
    {
        if (statx_raw(directory.OrCurrentDirectory(), path, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, out stat) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR ? false : throw new ErrnoException(errno, "statx", path);
    }

    /// <summary>statx(2) of an entry, symlinks not followed.</summary>
    internal static Statx statx(SafeFileHandle? directory, string path, int flags = AT_SYMLINK_NOFOLLOW) =>
        TryStatx(directory, path, out var stat, flags) ? stat : throw new ErrnoException(ErrnoNames.ENOENT, "statx", path);

    /// <summary>statx(2) of an open descriptor.</summary>
    internal static Statx fstatx(SafeFileHandle fd)
    {
        ErrnoException.ThrowIfFailed(statx_raw((int)fd.DangerousGetHandle(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, out var stat), "statx");
        return stat;
    }
}
