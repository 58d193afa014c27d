using System.Globalization;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Limits;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>What of the kernel separates vservers: cgroups, namespaces, mapped ids, seccomp, capabilities.</summary>
internal static class IsolationProbes
{
    private static readonly string[] s_controllers = ["memory", "cpu", "pids"];

    public static IEnumerable<Probe> All(HostPaths paths) =>
    [
        new("cgroup", "Control groups", "Vservers cannot be limited, or not started at all.", "Boot with systemd.unified_cgroup_hierarchy=1.", Cgroups),
        new("user-namespaces", "User namespaces", "No vserver can be started: a guest's root would be the host's.", "sysctl user.max_user_namespaces=15000", UserNamespaces),
        new("idmapped-mounts", $"Mapped ids on {paths.VServers}", "No vserver can be started: its files would belong to nobody inside.", "Put /vservers on ext4, xfs or btrfs with Linux 5.19 or newer.", () => IdmappedMounts(paths)),
        new("seccomp", "Filter of system calls", "Vservers would reach parts of the kernel that have no namespaces; they are not started.", "Use a kernel with CONFIG_SECCOMP_FILTER.", Seccomp),
        new("capabilities", "Capabilities of this session", "What is missing here cannot be given to a vserver either, and setting up the network or mounts may fail.", "Run the command on the host itself, not inside a container.", Capabilities) { Lack = CapabilityState.Degraded },
    ];

    private static string Cgroups()
    {
        var tree = CgroupTree.Detect();
        if (tree.IsUnified && tree.Unified is null)
        {
            throw new ProbeFailedException("not mounted", "No vserver can be started.", $"Mount them: mount -t cgroup2 none {CgroupTree.Root}");
        }

        var known = tree.IsUnified ? File.ReadAllText(tree.Unified + "/cgroup.controllers").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [.. tree.Controllers.Keys];
        var version = tree.IsUnified ? "version 2" : tree.IsHybrid ? "version 1, with version 2 beside it" : "version 1";
        var missing = s_controllers.Except(known, StringComparer.Ordinal).ToList();
        return missing.Count == 0
            ? $"{version} (memory, cpu, pids)"
            : throw new ProbeFailedException($"{version}, without {string.Join(", ", missing)}", $"Vservers cannot be limited in {string.Join(", ", missing)}.", "Boot with cgroup_enable=memory, or a kernel that has the controllers.", CapabilityState.Degraded);
    }

    private static string UserNamespaces()
    {
        using var made = UserNamespace.Open(0x7000_0000, 65536);
        var maximum = File.ReadAllText("/proc/sys/user/max_user_namespaces").Trim();
        return $"made one (at most {maximum})";
    }

    private static string IdmappedMounts(HostPaths paths)
    {
        using var map = UserNamespace.Open(0x7000_0000, 65536);
        using var directory = Libc.open(paths.VServers, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var mount = Libc.CloneMount(directory, paths.VServers);
        var attributes = new Libc.MountAttributes { Set = Libc.MOUNT_ATTR_IDMAP, UserNamespace = (ulong)map.DangerousGetHandle() };
        ErrnoException.ThrowIfFailed(Libc.mount_setattr(mount, ref attributes), "mount_setattr(MOUNT_ATTR_IDMAP)", paths.VServers);
        return $"mapped one on {MountTable.Holding(paths.VServers).FileSystem}";
    }

    private static string Seccomp()
    {
        const string Actions = "/proc/sys/kernel/seccomp/actions_avail";
        var actions = File.Exists(Actions) ? File.ReadAllText(Actions).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
        return actions.Contains("errno", StringComparer.Ordinal) ? "filters: " + string.Join(' ', actions) : throw new ProbeFailedException("no filters in this kernel");
    }

    private static string Capabilities()
    {
        var bounding = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapBnd:", StringComparison.Ordinal))[7..].Trim();
        var missing = Missing(ulong.Parse(bounding, NumberStyles.HexNumber, CultureInfo.InvariantCulture), int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"), CultureInfo.InvariantCulture));
        return missing.Count == 0 ? "all" : throw new ProbeFailedException("without " + string.Join(", ", missing));
    }

    /// <summary>The names of the kernel's capabilities that a bounding set lacks.</summary>
    internal static IReadOnlyList<string> Missing(ulong bounding, int last) =>
        [.. Enumerable.Range(0, last + 1).Where(c => (bounding >> c & 1) == 0).Select(c => c < CapabilityNames.All.Count ? CapabilityNames.All[c] : $"capability {c}")];
}
