using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>unistd.h, signal.h, linux/fs.h.</summary>
internal static partial class Libc
{
    internal const int SIGHUP = 1;
    internal const int SIGINT = 2;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGSTOP = 19;
    internal const int SIGCONT = 18;
    internal const long SYS_pidfd_open = 434;
    internal const long SYS_close_range = 436;
    internal const int CLOSE_RANGE_CLOEXEC = 4;
    internal const nuint FICLONE = 0x40049409;
    internal const nuint FS_IOC_GETFLAGS = 0x80086601;
    internal const nuint FS_IOC_SETFLAGS = 0x40086602;
    internal const int FS_IMMUTABLE_FL = 0x10;

    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;
    internal const int FALLOC_FL_KEEP_SIZE = 1;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int execv(string path, byte** arguments);

    /// <summary>execv(2): this program, anew. Returns only where it failed.</summary>
    internal static unsafe void execSelf(IReadOnlyList<string> words)
    {
        // freed by the exec
        var arguments = (byte**)NativeMemory.AllocZeroed((nuint)(words.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < words.Count; i++)
        {
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        _ = execv("/proc/self/exe", arguments);
    }

    /// <summary>The working directory of all threads, unless the calling one has left them (unshare(2), CLONE_FS).</summary>
    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int chdir(string path);

    [LibraryImport("libc", EntryPoint = "fchdir", SetLastError = true)]
    internal static partial int fchdir(SafeFileHandle directory);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint geteuid();

    [LibraryImport("libc", EntryPoint = "getuid")]
    internal static partial uint getuid();

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    internal static partial int setsid();

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint umask(uint mask);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    internal static partial int dup2(int oldFd, int newFd);

    [LibraryImport("libc", EntryPoint = "isatty", SetLastError = true)]
    internal static partial int isatty(int fd);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static unsafe partial nint read(int fd, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint write(int fd, byte* buffer, nuint size);

    /// <summary>Writes one byte of zero to a pipe: somebody waits for it. False where nobody is at its other end any more.</summary>
    internal static unsafe bool Wake(SafeFileHandle pipe)
    {
        byte zero = 0;
        return write((int)pipe.DangerousGetHandle(), &zero, 1) == 1;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    /// <summary>To the calling thread (raise(3)): it has come when this returns.</summary>
    [LibraryImport("libc", EntryPoint = "raise")]
    internal static partial int raise(int signal);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int fdatasync(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int fallocate(SafeFileHandle fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int syncfs(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int linkat(SafeFileHandle oldDir, string oldPath, SafeFileHandle newDir, string newPath, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int unlinkat(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int symlinkat(string target, SafeFileHandle directory, string path);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static unsafe partial nint readlinkat(SafeFileHandle directory, string path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int fchown(SafeFileHandle fd, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int fchownat(SafeFileHandle directory, string path, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    internal static partial int lchown(string path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl(SafeFileHandle fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_ref(SafeFileHandle fd, nuint request, ref int value);
}
