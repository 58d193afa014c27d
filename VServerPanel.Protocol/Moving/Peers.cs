namespace VServerPanel.Protocol;

/// <summary>Another host that this one may send vservers to: an item <c>peer</c> of <c>vserver-hosts list</c>.</summary>
/// <param name="Name">What this host calls it.</param>
/// <param name="Address">Host name or address for ssh.</param>
/// <param name="Port">Port of its sshd.</param>
/// <param name="HostKey">Fingerprint of its pinned host key, <c>SHA256:…</c>.</param>
public sealed record PeerInfo(string Name, string Address, int Port, string HostKey);

/// <summary>Another host that may send vservers to this one: an item <c>allowed-peer</c> of <c>vserver-hosts list</c>.</summary>
/// <param name="Name">What this host calls it.</param>
/// <param name="Key">Fingerprint of the key that it is let in by, <c>SHA256:…</c>.</param>
public sealed record AllowedPeer(string Name, string Key);

/// <summary>The keys of this host: the result of <c>vserver-hosts key</c>, which makes its own key where there is none.</summary>
/// <param name="PublicKey">Root's key for moves, a line for <c>vserver-hosts allow</c> at the target.</param>
/// <param name="Fingerprint">Its fingerprint, <c>SHA256:…</c>.</param>
/// <param name="SshHostKeys">Public host keys of its sshd, each <c>TYPE BASE64</c>: one of them is what a peer pins.</param>
/// <param name="Hostname">Its name.</param>
public sealed record HostKeys(string PublicKey, string Fingerprint, IReadOnlyList<string> SshHostKeys, string Hostname);

/// <summary>What a peer can do: the result of <c>vserver-hosts check NAME</c>.</summary>
public sealed record PeerReport
{
    /// <summary>Version of its command.</summary>
    public required string Version { get; init; }

    public required string Hostname { get; init; }

    public required string Architecture { get; init; }

    public required string Kernel { get; init; }

    /// <summary>1 (hybrid) or 2.</summary>
    public required int CgroupVersion { get; init; }

    /// <summary>Free bytes where its vservers lie.</summary>
    public required long BytesFree { get; init; }

    public IReadOnlyList<HostCapability> Capabilities { get; init => field = value ?? []; } = [];

    /// <summary>Number of the way in which it compares trees: two hosts of different ones would take equal trees for different.</summary>
    public int Comparison { get; init; }
}
