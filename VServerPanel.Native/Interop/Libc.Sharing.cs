using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>fcntl.h, linux/fs.h, linux/fiemap.h, linux/falloc.h: leases (fcntl(2), F_SETLEASE) and shared blocks (ioctl_fideduperange(2)).</summary>
internal static partial class Libc
{
    internal const int F_RDLCK = 0;
    internal const int F_WRLCK = 1;
    internal const int F_UNLCK = 2;
    internal const int F_SETLEASE = 1024;
    internal const int F_GETLEASE = 1025;
    internal const nuint FIDEDUPERANGE = 0xc0189436;
    internal const int FILE_DEDUPE_RANGE_SAME = 0;
    internal const int FILE_DEDUPE_RANGE_DIFFERS = 1;
    internal const nuint FS_IOC_FIEMAP = 0xc020660b;
    internal const uint FIEMAP_EXTENT_LAST = 1;
    internal const uint FIEMAP_EXTENT_ENCODED = 8;
    internal const uint FIEMAP_EXTENT_SHARED = 0x2000;

    /// <summary>struct file_dedupe_range: as many targets follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DedupeRange
    {
        public ulong SourceOffset;
        public ulong SourceLength;
        public ushort TargetCount;
        private readonly ushort _reserved1;
        private readonly uint _reserved2;
    }

    /// <summary>struct file_dedupe_range_info: a target, and how it went (a status, or an errno below zero).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DedupeTarget
    {
        public long Descriptor;
        public ulong Offset;
        public ulong BytesDeduped;
        public int Status;
        private readonly uint _reserved;
    }

    /// <summary>struct fiemap: as many extents follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ExtentMap
    {
        public ulong Start;
        public ulong Length;
        public uint Flags;
        public uint MappedExtents;
        public uint ExtentCount;
        private readonly uint _reserved;
    }

    /// <summary>struct fiemap_extent.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Extent
    {
        public ulong Logical;
        public ulong Physical;
        public ulong Length;
        private readonly ulong _reserved1;
        private readonly ulong _reserved2;
        public uint Flags;
        private readonly uint _reserved3;
        private readonly ulong _reserved4;
    }
}
