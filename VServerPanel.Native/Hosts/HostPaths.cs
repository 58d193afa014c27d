using System.Globalization;
using System.Text;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts;

/// <summary>Where everything lies on this host.</summary>
/// <param name="prefix">A directory that all of it is put below (a trial, a test); null for the host itself.</param>
internal sealed class HostPaths(string? prefix)
{
    public const string PrefixVariable = "VSERVER_PREFIX";

    private const string ById = ".by-id";

    /// <summary>The unprivileged user that the panel runs as.</summary>
    public const string PanelUser = "vserverpanel";

    public static HostPaths FromEnvironment()
    {
        var prefix = Environment.GetEnvironmentVariable(PrefixVariable);
        return string.IsNullOrEmpty(prefix)
            ? new HostPaths(null)
            : prefix.StartsWith('/') ? new HostPaths(prefix.TrimEnd('/')) : throw new FormatException($"{PrefixVariable} must be an absolute path, and is '{prefix}'.");
    }

    /// <summary>The prefix; empty for the host itself.</summary>
    public string Prefix { get; } = prefix ?? "";

    /// <summary>The trees.</summary>
    public string VServers => Prefix + "/vservers";

    /// <summary>Conf files and hook scripts.</summary>
    public string Configuration => Prefix + "/etc/vservers";

    /// <summary>State of what runs: NAME.ctx, bundles, locks.</summary>
    public string Run => Prefix + "/var/run/vservers";

    /// <summary>State that outlives a reboot.</summary>
    public string State => Prefix + "/var/lib/vservers";

    public string Log => Prefix + "/var/log/vservers";

    public string Jobs => State + "/jobs";

    /// <summary>Undo logs of operations that are under way (see Operations/UndoLog.cs).</summary>
    public string Undo => State + "/undo";

    public string RegistryDirectory => State + "/registry";

    /// <summary>Root tarballs and OCI layouts that the panel may build from.</summary>
    public string Images => State + "/images";

    /// <summary>What belongs to deleted vservers beside their trees, a directory each.</summary>
    public string Trash => State + "/trash";

    /// <summary>Trees of deleted vservers: on the file system of the others, so that a rename brings them there.</summary>
    public string TrashTrees => VServers + "/.trash";

    public string Locks => Run + "/.locks";

    /// <summary>crun's own state (its --root).</summary>
    public string RuntimeState => Run + "/.crun";

    public string Journal => Log + "/journal.jsonl";

    /// <summary>The cgroup that all vservers lie in, as crun's cgroupsPath has it.</summary>
    public string CgroupParent { get; } = string.IsNullOrEmpty(prefix)
        ? "/vservers"
        : "/vservers-" + ShortHash(prefix).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>The cgroup of a vserver that runs. A cgroup cannot be renamed (version 2), so it is called as the container.</summary>
    public string CgroupOf(VServerName name) => $"{CgroupParent}/{ContainerOf(HandleOf(name))}";

    public string TreeOf(VServerName name) => $"{VServers}/{name}";

    public string ConfOf(VServerName name) => $"{Configuration}/{name}.conf";

    public string HookOf(VServerName name) => $"{Configuration}/{name}.sh";

    public string ContextOf(VServerName name) => $"{Run}/{name}.ctx";

    /// <summary>Bundle, state, monitor's exit files … of a running vserver: a link to <see cref="DirectoryOf"/>, so that its name can change.</summary>
    public string RunDirectoryOf(VServerName name) => $"{Run}/{name}";

    /// <summary>What a running vserver is known by to all that outlives a renaming (monitor, container, cgroup, claims): <c>.by-id/ID</c>. Its name, where an
    /// earlier version started it or where it does not run.</summary>
    public string HandleOf(VServerName name) => new FileInfo(RunDirectoryOf(name)).LinkTarget is { } target && IsById(target) ? target : name.Value;

    /// <summary>The handle that a vserver gets at its start.</summary>
    /// <param name="id">Its stable id.</param>
    public static string HandleOf(Guid id) => $"{ById}/{id:n}";

    /// <summary>Whether a handle stays what it is when the vserver is renamed.</summary>
    public static bool IsById(string handle) => Path.GetDirectoryName(handle) == ById && Guid.TryParseExact(Path.GetFileName(handle), "n", out _);

    /// <summary>Where the files of a running vserver are.</summary>
    public string DirectoryOf(string handle) => $"{Run}/{handle}";

    /// <summary>The container's name, and its cgroup's. No other vserver of this prefix has it: the prefix has its own directory of containers, and of cgroups.</summary>
    public static string ContainerOf(string handle) => Path.GetFileName(handle);

    public string RegistryOf(VServerName name) => $"{RegistryDirectory}/{name}.json";

    /// <summary>Makes the directories that every command needs, with their modes.</summary>
    public void EnsureDirectories()
    {
        Ensure(Prefix + "/var/run", 0b111_101_101);
        Ensure(Configuration, 0b111_101_101);
        Ensure(Run, 0b111_000_000);
        Ensure(Locks, 0b111_000_000);
        Ensure(State, 0b111_101_101);
        Ensure(Jobs, 0b111_000_000);
        Ensure(Undo, 0b111_000_000);
        Ensure(RegistryDirectory, 0b111_000_000);
        Ensure(Images, 0b111_101_101);
        Ensure(Log, 0b111_101_000);
        if (!Directory.Exists(VServers))
        {
            Ensure(VServers, 0b111_000_000);
        }
    }

    // FNV-1a, 32 bits. Nobody's secret depends on it, and a hash of the framework's would load OpenSSL at every start (5 ms).
    private static uint ShortHash(string text) => Encoding.UTF8.GetBytes(text).Aggregate(2166136261u, (hash, b) => unchecked((hash ^ b) * 16777619u));

    private static void Ensure(string path, int mode)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, (UnixFileMode)mode);
        }
    }
}
