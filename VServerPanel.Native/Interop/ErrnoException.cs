using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>A system call failed.</summary>
internal sealed class ErrnoException(int errno, string call, string? path = null)
    : IOException($"{call}{(path is null ? "" : $" '{path}'")}: {ErrnoNames.NameOf(errno)} ({Marshal.GetPInvokeErrorMessage(errno)})")
{
    public int Errno { get; } = errno;

    public string Call { get; } = call;

    public string? Path { get; } = path;

    /// <summary>The exception for the errno of the call just made on this thread.</summary>
    public static ErrnoException Last(string call, string? path = null) => new(Marshal.GetLastPInvokeError(), call, path);

    /// <summary>Throws if a call that answers 0 or -1 failed.</summary>
    public static void ThrowIfFailed(long result, string call, string? path = null)
    {
        if (result < 0)
        {
            throw Last(call, path);
        }
    }
}
