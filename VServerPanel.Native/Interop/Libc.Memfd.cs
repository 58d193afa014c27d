using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/mman.h.</summary>
internal static partial class Libc
{
    private const uint MFD_CLOEXEC = 1;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int memfd_create([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    /// <summary>memfd_create(2): a file without a name that is gone with its last descriptor.</summary>
    internal static SafeFileHandle CreateMemoryFile(string name)
    {
        var fd = memfd_create(name, MFD_CLOEXEC);
        ErrnoException.ThrowIfFailed(fd, "memfd_create");
        return new SafeFileHandle(fd, ownsHandle: true);
    }
}
