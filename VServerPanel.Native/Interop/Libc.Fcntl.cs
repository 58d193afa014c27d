using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>fcntl.h, sys/file.h, linux/openat2.h.</summary>
internal static partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_REMOVEDIR = 0x200;
    internal const int AT_SYMLINK_FOLLOW = 0x400;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_TRUNC = 0x200;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_DIRECTORY = 0x10000;
    internal const int O_NOFOLLOW = 0x20000;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;
    internal const int O_TMPFILE = 0x410000;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;
    internal const ulong RESOLVE_NO_XDEV = 0x01;
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    internal const ulong RESOLVE_NO_SYMLINKS = 0x04;
    internal const ulong RESOLVE_BENEATH = 0x08;
    internal const ulong RESOLVE_IN_ROOT = 0x10;
    internal const long SYS_openat2 = 437;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial int openat_raw(int dirfd, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial long openat2_raw(long number, int dirfd, string path, ref OpenHow how, nuint size);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int flock(SafeFileHandle fd, int operation);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int renameat2(int oldDir, string oldPath, int newDir, string newPath, uint flags);

    internal const uint RENAME_NOREPLACE = 1;
    internal const uint RENAME_EXCHANGE = 2;

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>open(2), CLOEXEC always, EINTR retried.</summary>
    internal static SafeFileHandle open(string path, int flags, uint mode = 0) => openat(null, path, flags, mode);

    /// <summary>openat(2), CLOEXEC always, EINTR retried; <paramref name="directory"/> null is the working directory.</summary>
    internal static SafeFileHandle openat(SafeFileHandle? directory, string path, int flags, uint mode = 0)
    {
        while (true)
        {
            var fd = openat_raw(directory.OrCurrentDirectory(), path, flags | O_CLOEXEC, mode);
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }

            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                throw ErrnoException.Last("openat", path);
            }
        }
    }

    /// <summary>openat2(2): a path below <paramref name="root"/> that cannot leave it, whatever symlinks a guest has put there.</summary>
    /// <exception cref="ErrnoException">Also EAGAIN after retries, if names change all the time.</exception>
    internal static SafeFileHandle openInRoot(SafeFileHandle root, string path, int flags, uint mode = 0, ulong resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
    {
        for (var tries = 0; ; tries++)
        {
            var how = new OpenHow { Flags = (ulong)(uint)(flags | O_CLOEXEC), Mode = mode, Resolve = resolve };
            var fd = openat2_raw(SYS_openat2, root.OrCurrentDirectory(), path, ref how, (nuint)24);
            if (fd >= 0)
            {
                return new SafeFileHandle((nint)fd, ownsHandle: true);
            }

            // EAGAIN: a rename somewhere made the walk uncertain (openat2(2)); ask again
            var errno = Marshal.GetLastPInvokeError();
            if (errno != ErrnoNames.EINTR && (errno != ErrnoNames.EAGAIN || tries >= 100))
            {
                throw new ErrnoException(errno, "openat2", path);
            }
        }
    }

    internal static int OrCurrentDirectory(this SafeFileHandle? handle) => handle is null ? AT_FDCWD : (int)handle.DangerousGetHandle();
}
