using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace VServerPanel.Native.Interop;

/// <summary>The C library's functions under their own names; one file per header.</summary>
internal static partial class Libc
{
    // ioctl(2), open(2), fcntl(2) and syscall(2) are variadic; on x86-64 and arm64 Linux integer varargs travel in the same registers.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long syscall(long number, long a, long b, long c, long d, long e, long f);
}
