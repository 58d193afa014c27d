using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Isolation;

/// <summary>Finds the way back from a private mount namespace.</summary>
internal static class HostMounts
{
    /// <summary>A descriptor of the mount namespace that some process has; null where none of them can be looked at.</summary>
    /// <param name="wanted">As <c>/proc/self/ns/mnt</c> reads: <c>mnt:[4026531832]</c>.</param>
    public static SafeFileHandle? Find(string wanted)
    {
        // process 1 has it nearly always, the kernel's thread 2 where process 1 may not be looked at
        var first = (string[])["/proc/1", "/proc/2"];
        foreach (var process in first.Concat(Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[^1]))))
        {
            try
            {
                if (new FileInfo(process + "/ns/mnt").LinkTarget == wanted)
                {
                    return Libc.open(process + "/ns/mnt", Libc.O_RDONLY);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // gone, or not ours to look at
            }
        }

        return null;
    }
}
