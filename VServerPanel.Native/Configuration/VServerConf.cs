using System.Net;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>What a vserver's conf file says, read and checked.</summary>
internal sealed record VServerConf
{
    /// <summary>What ULIMIT is where the file does not set it.</summary>
    public const string DefaultUlimit = "-H -u 1000";

    /// <summary>What PIDS_LIMIT is where the file does not set it: a fork bomb inside must not use up the host's process ids (pid_max is 32,768 on small hosts).</summary>
    public const int DefaultPidsLimit = 4096;

    public string Description { get; init; } = "";

    /// <summary>The profile it was read for; null where the file has none.</summary>
    public string? Profile { get; init; }

    /// <summary>IPROOT's addresses, in its order.</summary>
    public IReadOnlyList<ConfAddress> Addresses { get; init; } = [];

    /// <summary>IPROOT=ALL: every address of the host, and no alias is made.</summary>
    public bool HasAllAddresses { get; init; }

    /// <summary>IPROOT is empty or 0.0.0.0: it is not tied to an address.</summary>
    public bool IsUntied => Addresses.Count == 0 && !HasAllAddresses;

    /// <summary>IPROOTDEV; null: aliases are made only for addresses with their own device.</summary>
    public string? Device { get; init; }

    /// <summary>IPROOTMASK in bits; null: the device's.</summary>
    public int? PrefixLength { get; init; }

    /// <summary>IPROOTBCAST; null: the device's.</summary>
    public IPAddress? Broadcast { get; init; }

    public NetworkMode NetworkMode { get; init; }

    /// <summary>How it is connected in a network of its own, if IPROOTDEV says to what.</summary>
    public LinkKind Link { get; init; }

    /// <summary>Where a private network's packets for elsewhere go: one of IPv4 and one of IPv6 at most.</summary>
    public IReadOnlyList<IPAddress> Gateways { get; init; } = [];

    /// <summary>For its /etc/resolv.conf; none: that file is left alone.</summary>
    public IReadOnlyList<IPAddress> NameServers { get; init; } = [];

    /// <summary>What no other running vserver may have: its addresses; those of a private network count on its bridge or device only.</summary>
    public IReadOnlyList<string> AddressClaims => [.. Addresses.Select(a => NetworkMode == NetworkMode.Shared ? $"{a.Address}" : $"{a.Address}%{Device}")];

    /// <summary>Directories of the host that it sees.</summary>
    public IReadOnlyList<Shares.HostShare> Shares { get; init; } = [];

    public bool OnBoot { get; init; }

    public int Priority { get; init; } = 100;

    /// <summary>Empty: the host's.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>NIS domain; null: the host's; empty: unset.</summary>
    public string? DomainName { get; init; }

    /// <summary>-20 to 19; null: as it is.</summary>
    public int? Nice { get; init; }

    public VServerFlags Flags { get; init; } = VServerFlags.Lock | VServerFlags.Nproc;

    public IReadOnlyList<ResourceLimit> Limits { get; init; } = [];

    /// <summary>Capabilities given back after the secure set was taken away: CAP_NET_RAW …</summary>
    public IReadOnlyList<string> GivenCapabilities { get; init; } = [];

    /// <summary>Capabilities taken away beyond the secure set.</summary>
    public IReadOnlyList<string> TakenCapabilities { get; init; } = [];

    /// <summary>A fixed context number; null: the next free one.</summary>
    public int? Context { get; init; }

    /// <summary>Null: found by looking into the root.</summary>
    public InitStyle? InitStyle { get; init; }

    /// <summary>In bytes.</summary>
    public long? MemoryLimit { get; init; }

    public int? PidsLimit { get; init; } = DefaultPidsLimit;

    /// <summary>In processors: 0.5 is half of one.</summary>
    public double? CpuLimit { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>User namespaces may be made inside.</summary>
    public bool Nest { get; init; }

    /// <summary>The size of an address's network in bits: its own, else IPROOTMASK's; null: as its device has it.</summary>
    public int? PrefixOf(ConfAddress address) => address.PrefixLength ?? (address.IsIPv6 ? null : PrefixLength);

    /// <summary>The network of an address whose size is known.</summary>
    public IPNetwork NetworkOf(ConfAddress address) => ConfReader.NetworkOf(address.Address, PrefixOf(address) ?? (address.IsIPv6 ? 128 : 32));

    /// <summary>Reads a conf file; with an error among the findings the values are not to be used.</summary>
    public static (VServerConf Conf, IReadOnlyList<ConfFinding> Findings) From(ConfFile file, string? profile = null) => new ConfReader(file, profile).Read();
}
