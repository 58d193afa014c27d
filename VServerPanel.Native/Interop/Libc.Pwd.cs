using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>pwd.h.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "getpwuid")]
    private static unsafe partial byte** getpwuid(uint uid);

    /// <summary>getpwuid(3): the name of a user, from every source of users that the host has; null where there is none.</summary>
    internal static unsafe string? UserName(uint uid)
    {
        // struct passwd begins with pw_name; it is the C library's, until the next call
        var user = getpwuid(uid);
        return user is null ? null : Marshal.PtrToStringUTF8((nint)user[0]);
    }
}
