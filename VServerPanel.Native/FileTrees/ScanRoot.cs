using System.Globalization;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>A tree that is measured.</summary>
/// <param name="Directory">Its top.</param>
/// <param name="MountId">The mount that it is in; nothing else is entered. The mount, not the device: a btrfs subvolume that a guest made has a device of its own.</param>
/// <param name="FileSystem">Device number of its file system, the same for all subvolumes.</param>
/// <param name="CanShareRanges">Whether inodes of it can share blocks.</param>
internal sealed record ScanRoot(OpenDirectory Directory, ulong MountId, uint FileSystem, bool CanShareRanges)
{
    public static ScanRoot Open(string path)
    {
        var directory = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(directory);
        var device = DeviceOf(stat.MountId);
        return new ScanRoot(new OpenDirectory(directory), stat.MountId, device ?? Pack(stat.DevMajor, stat.DevMinor), Reflink.IsSupportedAt(path));
    }

    /// <summary>As the kernel packs it: 12 bits major, 20 bits minor.</summary>
    public static uint Pack(uint major, uint minor) => (major << 20) | minor;

    // proc(5), mountinfo: mount id, parent, major:minor …
    private static uint? DeviceOf(ulong mount)
    {
        var start = mount.ToString(CultureInfo.InvariantCulture) + " ";
        return File.ReadLines("/proc/self/mountinfo").FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal))?.Split(' ')[2].Split(':') is [var major, var minor]
            ? Pack(uint.Parse(major, CultureInfo.InvariantCulture), uint.Parse(minor, CultureInfo.InvariantCulture))
            : null;
    }
}
