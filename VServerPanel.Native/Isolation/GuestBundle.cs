using System.Text.Json;
using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>Writes what the runtime makes a vserver from.</summary>
internal static class GuestBundle
{
    private const string ReaperInGuest = "/dev/.vsinit";
    private const ulong CpuPeriodMicroseconds = 100_000;

    // Docker's and Podman's lists, and what /sys tells of the host's hardware
    private static readonly string[] s_masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/selinux",
    ];

    private static readonly string[] s_readonly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Where programs are looked for in a vserver.</summary>
    public static IReadOnlyList<string> SearchPath { get; } = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary><see cref="SearchPath"/> as a variable of the environment.</summary>
    public static string Path { get; } = $"PATH={string.Join(':', SearchPath)}";

    /// <summary>Writes <c>config.json</c> into a directory that is there.</summary>
    public static void Write(string directory, GuestSpec spec) =>
        File.WriteAllBytes(directory + "/config.json", JsonSerializer.SerializeToUtf8Bytes(Build(spec), OciJson.Default.OciSpec));

    internal static OciSpec Build(GuestSpec spec) => new()
    {
        Process = new OciProcess
        {
            // an init writes to /dev/console; the monitor keeps the other end of it
            Terminal = spec.Style != InitStyle.Sysv,
            User = new OciUser(0, 0),
            Args = spec.Style == InitStyle.Sysv ? [ReaperInGuest, "-P"] : ["/sbin/init"],
            Env = spec.Style == InitStyle.Systemd ? [Path, "HOME=/root", "TERM=linux", "container=oci"] : [Path, "HOME=/root", "TERM=linux"],
            Capabilities = new OciCapabilities(spec.Capabilities, spec.Capabilities, spec.Capabilities),
            Rlimits = spec.Rlimits,
        },
        Root = new OciRoot(spec.RootPath),
        Hostname = spec.Hostname,
        Mounts = [.. Mounts(spec)],
        Linux = new OciLinux
        {
            Namespaces = [.. Namespaces(spec)],
            UidMappings = [new OciIdMapping(0, spec.IdBase, spec.IdCount)],
            GidMappings = [new OciIdMapping(0, spec.IdBase, spec.IdCount)],
            CgroupsPath = spec.Cgroup,
            Resources = Resources(spec),
            Seccomp = SeccompPolicy.Build(spec.Style, spec.MayNest, spec.Network == NetworkMode.Private),
            MaskedPaths = s_masked,
            ReadonlyPaths = s_readonly,
        },
    };

    private static IEnumerable<OciNamespace> Namespaces(GuestSpec spec)
    {
        string[] always = ["pid", "mount", "ipc", "uts", "cgroup", "user"];
        return (spec.Network == NetworkMode.Private ? [.. always, "network"] : always).Select(t => new OciNamespace(t));
    }

    private static OciResources Resources(GuestSpec spec) => new()
    {
        Memory = spec.MemoryLimit is { } bytes ? new OciMemory(bytes, spec.LimitsSwap ? bytes : null) : null,
        Pids = spec.PidsLimit is { } pids ? new OciPids(pids) : null,
        Cpu = spec.CpuLimit is { } processors ? new OciCpu((long)Math.Round(processors * CpuPeriodMicroseconds), CpuPeriodMicroseconds) : null,
    };

    private static IEnumerable<OciMount> Mounts(GuestSpec spec)
    {
        yield return new OciMount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]);
        yield return new OciMount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=1024k"]);
        yield return new OciMount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]);
        yield return new OciMount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777"]);
        yield return new OciMount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]);

        // A user namespace may mount sysfs only with a network namespace of its own (sysfs(5), kernel's sysfs_init_fs_context); else it gets the host's
        // one, read-only, and without what is mounted below it.
        yield return spec.Network == NetworkMode.Private
            ? new OciMount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
            : new OciMount("/sys", "bind", "/sys", ["bind", "nosuid", "noexec", "nodev", "ro"]);

        if (spec.Style == InitStyle.Systemd)
        {
            // systemd keeps its units' processes apart by cgroups of its own, below the vserver's
            yield return new OciMount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "rw"]);
            yield return new OciMount("/run", "tmpfs", "tmpfs", ["nosuid", "nodev", "mode=755"]);
            yield return new OciMount("/run/lock", "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", "mode=1777", "size=5m"]);
            yield return new OciMount("/tmp", "tmpfs", "tmpfs", ["nosuid", "nodev", "mode=1777"]);
        }

        if (spec is { Style: InitStyle.Sysv, Reaper: { } reaper })
        {
            yield return new OciMount(ReaperInGuest, "bind", reaper, ["bind", "ro", "nosuid", "nodev"]);
        }
    }
}
