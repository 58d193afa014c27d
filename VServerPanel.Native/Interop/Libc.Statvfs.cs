using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/statvfs.h.</summary>
internal static partial class Libc
{
    internal const ulong ST_NOSUID = 2;
    internal const ulong ST_NODEV = 4;
    internal const ulong ST_NOEXEC = 8;

    /// <summary>struct statvfs on 64-bit glibc.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 112)]
    internal struct StatVfs
    {
        public ulong BlockSize;
        public ulong FragmentSize;
        public ulong Blocks;
        public ulong BlocksFree;
        public ulong BlocksAvailable;
        public ulong Files;
        public ulong FilesFree;
        public ulong FilesAvailable;
        public ulong FileSystemId;
        public ulong Flags;
        public ulong NameMax;
    }

    [LibraryImport("libc", EntryPoint = "fstatvfs", SetLastError = true)]
    internal static partial int fstatvfs(SafeFileHandle fd, out StatVfs buffer);
}
