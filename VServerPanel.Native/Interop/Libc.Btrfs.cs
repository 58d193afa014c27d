using System.Runtime.InteropServices;

namespace VServerPanel.Native.Interop;

/// <summary>linux/btrfs.h: subvolumes.</summary>
internal static unsafe partial class Libc
{
    internal const nuint BTRFS_IOC_SUBVOL_CREATE = 0x5000940e;
    internal const nuint BTRFS_IOC_SNAP_DESTROY = 0x5000940f;
    internal const nuint BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;
    internal const nuint BTRFS_IOC_INO_LOOKUP = 0xd0009412;

    /// <summary>struct btrfs_ioctl_vol_args.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtrfsVolume
    {
        public const int NameSize = 4088;

        public long Descriptor;
        public fixed byte Name[NameSize];
    }

    /// <summary>struct btrfs_ioctl_vol_args_v2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtrfsVolumeV2
    {
        public const int NameSize = 4040;

        public long Descriptor;
        public ulong TransactionId;
        public ulong Flags;
        private fixed ulong _unused[4];
        public fixed byte Name[NameSize];
    }

    /// <summary>struct btrfs_ioctl_ino_lookup_args.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtrfsInodeLookup
    {
        private const int NameSize = 4080;

        public ulong TreeId;
        public ulong ObjectId;
        public fixed byte Name[NameSize];
    }
}
