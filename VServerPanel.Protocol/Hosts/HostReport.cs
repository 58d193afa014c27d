using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>How well a host can do something.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<CapabilityState>))]
public enum CapabilityState
{
    Available = 0,
    Degraded = 1,
    Missing = 2,
}

/// <summary>One line of <c>vserver-info</c>.</summary>
/// <param name="Key">cgroup, idmapped-mounts, crun, conmon, bpf-network, bpf-iunlink, bpf-isolation, reflink …</param>
/// <param name="Title">For people.</param>
/// <param name="State">How well.</param>
/// <param name="Found">What was found: a version, a mode, an errno.</param>
/// <param name="Cost">What the lack costs; null where nothing lacks.</param>
/// <param name="Remedy">What to do about it; null where nothing lacks or nothing can be done.</param>
public sealed record HostCapability(string Key, string Title, CapabilityState State, string Found, string? Cost = null, string? Remedy = null);

/// <summary>The result of <c>vserver-info</c>.</summary>
public sealed record HostReport
{
    public required string Hostname { get; init; }

    public required string Kernel { get; init; }

    public required string Distribution { get; init; }

    public required string Architecture { get; init; }

    /// <summary>Version of the host command.</summary>
    public required string Version { get; init; }

    public required int Processors { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>Size and free room of the file system that holds /vservers, in bytes.</summary>
    public required long StorageBytes { get; init; }

    public required long StorageFreeBytes { get; init; }

    public required string StorageFileSystem { get; init; }

    /// <summary>The host's own addresses: a vserver must not take one of them.</summary>
    public IReadOnlyList<string> Addresses { get => field ?? []; init; } = [];

    /// <summary>Network devices that can carry aliases.</summary>
    public IReadOnlyList<string> Devices { get => field ?? []; init; } = [];

    /// <summary>Those of them that are bridges: a vserver with a network of its own can be a port of one.</summary>
    public IReadOnlyList<string> Bridges { get => field ?? []; init; } = [];

    public IReadOnlyList<HostCapability> Capabilities { get => field ?? []; init; } = [];
}
