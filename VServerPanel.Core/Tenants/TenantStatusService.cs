using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

/// <summary>What a tenant sees of his vservers: nothing of others, no staff names, no commands.</summary>
public sealed class TenantStatusService
{
    /// <summary>The status page's content; null where there is no such tenant.</summary>
    public Task<TenantStatus?> GetAsync(Guid tenantId, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

/// <summary>A tenant's status page.</summary>
/// <param name="Name">The tenant's name.</param>
/// <param name="AsOf">When it was put together.</param>
/// <param name="IsCurrent">False where the host does not answer: figures are the last known.</param>
/// <param name="VServers">His vservers by name.</param>
public sealed record TenantStatus(string Name, DateTimeOffset AsOf, bool IsCurrent, IReadOnlyList<TenantVServer> VServers);

/// <summary>One of his vservers.</summary>
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

/// <summary>Something that happened to a vserver, in plain words: "Started by hosting staff".</summary>
public sealed record TenantEvent(DateTimeOffset Time, string Text);
