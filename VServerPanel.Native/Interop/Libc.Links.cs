using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>Symlinks, as text.</summary>
internal static partial class Libc
{
    /// <summary>Where a symlink points to.</summary>
    internal static unsafe string ReadLink(SafeFileHandle directory, string name)
    {
        // PATH_MAX bounds what symlink(2) takes
        var buffer = stackalloc byte[4097];
        var length = readlinkat(directory, name, buffer, 4097);
        ErrnoException.ThrowIfFailed(length, "readlinkat", name);
        return PathMarshaller.Decode(new ReadOnlySpan<byte>(buffer, (int)length));
    }
}
