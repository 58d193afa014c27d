using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

/// <summary>A vserver as its tenant sees it.</summary>
public sealed record TenantVServer
{
    public required string Name { get; init; }

    public string Hostname { get; init; } = "";

    public string Description { get; init; } = "";

    public required VServerState State { get; init; }

    /// <summary>Null where it does not run.</summary>
    public TimeSpan? Uptime { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string Distribution { get; init; } = "";

    public long? DiskBytes { get; init; }

    public DateTimeOffset? DiskMeasuredAt { get; init; }

    public long MemoryBytes { get; init; }

    public long? MemoryLimitBytes { get; init; }

    public int Processes { get; init; }

    public int? ProcessLimit { get; init; }

    /// <summary>Processors it keeps busy: 0.5 is half of one; null where not known.</summary>
    public double? ProcessorLoad { get; init; }

    public double? ProcessorLimit { get; init; }

    /// <summary>What happened last, newest first.</summary>
    public IReadOnlyList<TenantEvent> Events { get; init; } = [];
}
