using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>sys/timex.h.</summary>
internal static partial class Libc
{
    internal const int STA_UNSYNC = 0x40;

    /// <summary>struct timex on 64-bit Linux, as far as it is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 208)]
    internal struct Timex
    {
        [FieldOffset(0)]
        public uint Modes;

        [FieldOffset(40)]
        public int Status;
    }

    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    internal static partial int adjtimex(ref Timex buffer);
}
