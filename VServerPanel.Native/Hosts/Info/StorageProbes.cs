using System.Globalization;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>What the storage of the vservers can do, and whether it is closed to the host's users.</summary>
internal static class StorageProbes
{
    private const long LittleSpace = 2L << 30;
    private const int MostRanges = 4096;

    private static readonly string[] s_subordinateIds = ["/etc/subuid", "/etc/subgid"];

    public static IEnumerable<Probe> All(HostPaths paths) =>
    [
        new("hardening", $"Closed storage ({paths.VServers})", "No vserver is started: users of this host could run a guest's set-uid programs.", "vserver-setup", () => Hardening(paths)),
        new("reflink", "Shared extents (reflink)", "A clone copies every byte, and unified files need another protection.", "vserver-setup --storage xfs --size 20G, while /vservers is empty; or put /vservers on xfs or btrfs.", () => Reflink(paths)) { Lack = CapabilityState.Degraded },
        new("space", "Free space", "Vservers cannot be built.", "Make room, or give /vservers a larger file system.", () => Space(paths)) { Lack = CapabilityState.Degraded },
        new("id-ranges", "Id ranges for vservers", "No more vservers can be made.", "Delete vservers that are no longer needed.", () => IdRanges(paths)) { Lack = CapabilityState.Degraded },
        new("time", "Clock", "Times in the audit history may be wrong.", "Install a time service: apt-get install systemd-timesyncd (or chrony).", Clock) { Lack = CapabilityState.Degraded },
    ];

    private static string Hardening(HostPaths paths)
    {
        var stat = Libc.statx(null, paths.VServers, flags: 0);
        var mount = MountTable.Holding(paths.VServers);
        var faults = new List<string>();
        if ((stat.Mode & 0xfffu) != 0b111_000_000 || stat.Uid != 0)
        {
            faults.Add($"mode {Convert.ToString(stat.Mode & 0xfffu, 8)} and owner {stat.Uid} instead of 700 and 0");
        }

        if (!HardenedMountStep.IsHardened(mount))
        {
            faults.Add($"mounted {string.Join(',', mount.Options)} instead of {HardenedMountStep.Options}");
        }

        return faults.Count == 0 ? $"mode 0700, {HardenedMountStep.Options}" : throw new ProbeFailedException(string.Join("; ", faults));
    }

    private static string Reflink(HostPaths paths)
    {
        var name = $"{paths.VServers}/.probe-{Environment.ProcessId}";
        try
        {
            File.WriteAllText(name, "x");
            using var source = Libc.open(name, Libc.O_RDONLY);
            using var target = Libc.open(name + "-clone", Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0b110_000_000);
            ErrnoException.ThrowIfFailed(Libc.ioctl(target, Libc.FICLONE, source.DangerousGetHandle()), "ioctl(FICLONE)", paths.VServers);
            return $"cloned a file on {MountTable.Holding(paths.VServers).FileSystem}";
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.EOPNOTSUPP or ErrnoNames.EINVAL or ErrnoNames.ENOTTY)
        {
            throw new ProbeFailedException($"{MountTable.Holding(paths.VServers).FileSystem} has none ({ErrnoNames.NameOf(e.Errno)})");
        }
        finally
        {
            File.Delete(name);
            File.Delete(name + "-clone");
        }
    }

    private static string Space(HostPaths paths)
    {
        var free = new DriveInfo(paths.VServers).AvailableFreeSpace;
        return free >= LittleSpace ? $"{ByteSize.Format(free)} free" : throw new ProbeFailedException($"{ByteSize.Format(free)} free", $"A Debian root takes {ByteSize.Format(300L << 20)} and grows; little of that fits.");
    }

    private static string IdRanges(HostPaths paths)
    {
        var taken = Directory.Exists(paths.RegistryDirectory) ? Directory.EnumerateFiles(paths.RegistryDirectory, "*.json").Count() : 0;
        var foreign = s_subordinateIds.Where(File.Exists).SelectMany(f => File.ReadLines(f).Where(Overlaps).Select(l => $"{f}: {l}")).ToList();
        if (foreign.Count > 0)
        {
            throw new ProbeFailedException($"others have ids of our range: {string.Join("; ", foreign)}", "A vserver and a container of that user could share ids.", "Give that user other subordinate ids (usermod --add-subuids), below 1879048192.");
        }

        return taken < MostRanges ? string.Create(CultureInfo.InvariantCulture, $"{taken} of {MostRanges} taken") : throw new ProbeFailedException("all taken");
    }

    // subuid(5): name:first:count; ours are 0x70000000 to 0x7fffffff (Registry/VServerRegistry.cs)
    internal static bool Overlaps(string line) =>
        line.Split(':') is [_, var first, var count]
        && long.TryParse(first, CultureInfo.InvariantCulture, out var from) && long.TryParse(count, CultureInfo.InvariantCulture, out var length)
        && from < 0x8000_0000L && from + length > 0x7000_0000L;

    private static string Clock()
    {
        var timex = default(Libc.Timex);
        ErrnoException.ThrowIfFailed(Libc.adjtimex(ref timex), "adjtimex");
        return (timex.Status & Libc.STA_UNSYNC) == 0 ? "set by a time service" : throw new ProbeFailedException("nobody sets it (STA_UNSYNC)");
    }
}
