using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>fcntl.h, sys/stat.h, unistd.h, sys/xattr.h: with names as the kernel has them (bytes, ended by a zero) and descriptors as numbers, for work on
/// hundreds of thousands of files that must make no garbage. Whoever opens closes.</summary>
internal static unsafe partial class Libc
{
    internal const int O_NOATIME = 0x40000;
    internal const int AT_NO_AUTOMOUNT = 0x800;
    internal const int POSIX_FADV_WILLNEED = 3;
    internal const int SIGIO = 29;
    internal const nint SIG_IGN = 1;
    internal const ulong STATX_ATTR_IMMUTABLE = 0x10;
    internal const ulong STATX_ATTR_APPEND = 0x20;
    internal const ulong STATX_ATTR_ENCRYPTED = 0x800;
    internal const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;
    internal const ulong STATX_ATTR_VERITY = 0x100000;
    internal const long SYS_getdents64 = 217;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    internal static partial int openat(int directory, byte* name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long openat2_bytes(long number, int directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int statx(int directory, byte* name, int flags, uint mask, Statx* stat);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint pread(int fd, byte* buffer, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint pwrite(int fd, byte* buffer, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    internal static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    internal static partial int linkat(int oldDirectory, byte* oldName, int newDirectory, byte* newName, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    internal static partial int renameat2(int oldDirectory, byte* oldName, int newDirectory, byte* newName, uint flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    internal static partial int unlinkat(int directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    internal static partial int futimens(int fd, Timespec* times);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int fchown(int fd, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    internal static partial nint flistxattr(int fd, byte* list, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true)]
    internal static partial nint fgetxattr(int fd, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    internal static partial nint llistxattr(byte* path, byte* list, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, void* argument);

    /// <summary>openat2(2) below a directory that the path cannot leave, by no symlink and onto no other mount.</summary>
    /// <returns>The descriptor, or -1 with errno.</returns>
    internal static int OpenBeneath(int root, byte* path, int flags)
    {
        var how = new OpenHow { Flags = (ulong)(uint)(flags | O_CLOEXEC), Resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
        for (var tries = 0; ; tries++)
        {
            var fd = (int)openat2_bytes(SYS_openat2, root, path, &how, (nuint)sizeof(OpenHow));
            if (fd >= 0 || Marshal.GetLastPInvokeError() is not (ErrnoNames.EAGAIN or ErrnoNames.EINTR) || tries >= 100)
            {
                return fd;
            }
        }
    }

    /// <summary>statx(2) of an open descriptor; false with errno where it fails.</summary>
    internal static bool TryStatx(int fd, out Statx stat)
    {
        byte empty = 0;
        fixed (Statx* to = &stat)
        {
            return statx(fd, &empty, AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, to) == 0;
        }
    }
}
