using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>Entries of open directories by the bytes of their names, with the rules of every other call: CLOEXEC, EINTR asked again, what vanished is no error.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    internal static partial int mkdirat(int directory, byte* name, uint mode);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    internal static partial nint readlinkat(int directory, byte* name, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    internal static partial int symlinkat(byte* target, int directory, byte* name);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    internal static partial int fchownat(int directory, byte* name, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    internal static partial int utimensat(int directory, byte* name, Timespec* times, int flags);

    /// <summary>statx(2) of an entry, symlinks not followed. False where it vanished.</summary>
    internal static bool TryStatx(int directory, byte* name, out Statx stat, int flags = AT_SYMLINK_NOFOLLOW)
    {
        fixed (Statx* to = &stat)
        {
            if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, to) == 0)
            {
                return true;
            }
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR ? false : throw new ErrnoException(errno, "statx", Text(name));
    }

    /// <summary>openat(2) of an entry; below zero where it failed, with errno.</summary>
    internal static int OpenEntry(int directory, byte* name, int flags, uint mode = 0)
    {
        int fd;
        do
        {
            fd = openat(directory, name, flags | O_CLOEXEC, mode);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.EINTR);
        return fd;
    }

    /// <summary>A name of the kernel's, for messages.</summary>
    internal static string Text(byte* name) => PathMarshaller.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
}
