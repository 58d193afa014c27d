namespace VServerPanel.Native.Configuration;

/// <summary>A key of the conf file.</summary>
/// <param name="Name">As in the file.</param>
/// <param name="Comment">What a new file says above it, one sentence a line.</param>
/// <param name="NeedsRestart">Whether a change takes effect at the next start only.</param>
internal sealed record ConfKey(string Name, string Comment, bool NeedsRestart = true);

/// <summary>The keys of <c>/etc/vservers/NAME.conf</c>, in the order of a new file.</summary>
internal static class ConfKeys
{
    public const string IpRoot = "IPROOT";
    public const string IpRootDev = "IPROOTDEV";
    public const string IpRootMask = "IPROOTMASK";
    public const string IpRootBcast = "IPROOTBCAST";
    public const string NetworkMode = "NETWORK_MODE";
    public const string NetworkLink = "NETWORK_LINK";
    public const string Gateway = "GATEWAY";
    public const string Dns = "DNS";
    public const string OnBoot = "ONBOOT";
    public const string Priority = "PRIORITY";
    public const string Hostname = "S_HOSTNAME";
    public const string DomainName = "S_DOMAINNAME";
    public const string Nice = "S_NICE";
    public const string Flags = "S_FLAGS";
    public const string Ulimit = "ULIMIT";
    public const string Capabilities = "S_CAPS";
    public const string Context = "S_CONTEXT";
    public const string InitStyle = "INIT_STYLE";
    public const string MemoryLimit = "MEMORY_LIMIT";
    public const string PidsLimit = "PIDS_LIMIT";
    public const string CpuLimit = "CPU_LIMIT";
    public const string StartTimeout = "START_TIMEOUT";
    public const string StopTimeout = "STOP_TIMEOUT";
    public const string Nest = "NEST";
    public const string Shares = "SHARES";

    /// <summary>Chooses the branch of <c>case $PROFILE</c>; no setting of its own.</summary>
    public const string Profile = "PROFILE";

    public static IReadOnlyList<ConfKey> All { get; } =
    [
        new(IpRoot, "The vserver's addresses, each [device:]address[/mask or /bits], IPv4 or IPv6.\nALL: every address of the host. Empty or 0.0.0.0: not tied to an address."),
        new(IpRootDev, "The device that carries them: they are put on it at start and taken off at stop. Empty: neither is done.\nIn a private network: the bridge of the host, or the device for macvlan, that it is connected to."),
        new(IpRootMask, "Mask and broadcast for addresses without their own. Empty: as the device has them."),
        new(IpRootBcast, ""),
        new(NetworkMode, "shared: the host's network, tied to the addresses above. private: a network namespace of its own."),
        new(NetworkLink, "In a private network. bridge: a port of the bridge in IPROOTDEV. macvlan: a device of its own on top of the one in IPROOTDEV. Empty: bridge."),
        new(Gateway, "In a private network: the routers to elsewhere, one of IPv4 and one of IPv6 at most."),
        new(Dns, "Name servers: written to the vserver's /etc/resolv.conf at each start. Empty: that file is its own."),
        new(OnBoot, "Exactly yes: started when the host boots.", NeedsRestart: false),
        new(Priority, "Low numbers start first at boot and stop last.", NeedsRestart: false),
        new(Hostname, "Host name in the vserver. Empty: the host's."),
        new(DomainName, "NIS domain. Empty: the host's. none: unset."),
        new(Nice, "Priority of its processes, -20 to 19."),
        new(Flags, "Of lock, sched, nproc, private, fakeinit, hideinfo, ulimit; minit: the guest's own init scripts."),
        new(Ulimit, "Limits of each process, as for the shell's ulimit."),
        new(Capabilities, "Capabilities given back after the secure set was taken away; !CAP_X takes one more away."),
        new(Context, "A fixed context number above 1. Empty: the next free one at start."),
        new(InitStyle, "sysv: a reaper and /etc/init.d/rc. init: the guest's own /sbin/init. systemd. Empty: found by looking."),
        new(MemoryLimit, "Memory of the whole vserver, in bytes or with K, M, G. Empty: no limit."),
        new(PidsLimit, "Processes of the whole vserver. Empty: 4096."),
        new(CpuLimit, "Processors, such as 0.5 or 2. Empty: no limit."),
        new(StartTimeout, "Seconds the start may take."),
        new(StopTimeout, "Seconds the guest has to shut down before it is killed.", NeedsRestart: false),
        new(Nest, "yes: user namespaces may be made inside (for containers in the vserver)."),
        new(Shares, "Directories of the host that it sees, each SOURCE:TARGET or SOURCE:TARGET:ro; root allows them in /etc/vservers/shares.allowed."),
    ];

    /// <summary>The key with this name, if it is one of ours.</summary>
    public static ConfKey? Find(string name) => All.FirstOrDefault(k => k.Name == name);
}
