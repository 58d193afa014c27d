using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

/// <summary>What a tenant sees of his vservers: nothing of others, no staff names, no commands.</summary>
public sealed class TenantStatusService
{
    private const int EventsShown = 10;

    private readonly IDbContextFactory<StateDbContext> _state;
    private readonly IDbContextFactory<AuditDbContext> _history;
    private readonly VServerDirectory _directory;
    private readonly TimeProvider _time;

    internal TenantStatusService(IDbContextFactory<StateDbContext> state, IDbContextFactory<AuditDbContext> history, VServerDirectory directory, TimeProvider time) =>
        (_state, _history, _directory, _time) = (state, history, directory, time);

    /// <summary>The status page's content; null where there is no such tenant.</summary>
    public async Task<TenantStatus?> GetAsync(Guid tenantId, CancellationToken cancellationToken = default)
    {
        await using var state = await _state.CreateDbContextAsync(cancellationToken);
        if (await state.Tenants.FindAsync([tenantId], cancellationToken) is not { } tenant)
        {
            return null;
        }

        var ids = (await state.Assignments.Where(a => a.TenantId == tenantId).Select(a => a.VServerId).ToListAsync(cancellationToken)).ToHashSet();
        var snapshot = _directory.Snapshot;
        var now = _time.GetUtcNow();
        var vservers = new List<TenantVServer>();
        await using var history = await _history.CreateDbContextAsync(cancellationToken);
        foreach (var entry in snapshot.Entries.Where(e => ids.Contains(e.Id)))
        {
            vservers.Add(View(entry, now, await EventsAsync(history, entry.Id, cancellationToken)));
        }

        return new TenantStatus(tenant.Name, now, snapshot.Connection.State is DirectoryConnection.Live, vservers);
    }

    private static async Task<IReadOnlyList<TenantEvent>> EventsAsync(AuditDbContext history, Guid vserverId, CancellationToken cancellationToken)
    {
        // by stable id only: a name may have been another tenant's before
        var told = PlainWords.Operations;
        var entries = await history.Entries.AsNoTracking()
            .Where(e => e.VServerId == vserverId && e.Phase == AuditPhase.Ended && told.Contains(e.Operation))
            .NewestFirst()
            .Take(EventsShown * 2)
            .ToListAsync(cancellationToken);
        return
        [
            .. from entry in entries
               let text = PlainWords.Of(entry)
               where text is not null
               select new TenantEvent(entry.Time, text),
        ];
    }

    private static TenantVServer View(DirectoryEntry entry, DateTimeOffset now, IReadOnlyList<TenantEvent> events)
    {
        var status = entry.Status;
        var uptime = now - status.StartedAt;
        return new TenantVServer
        {
            Name = status.Name.Value,
            Hostname = status.Hostname,
            Description = status.Description,
            State = status.State,
            Uptime = status.State is VServerState.Running ? uptime < TimeSpan.Zero ? TimeSpan.Zero : uptime : null,
            Addresses = status.Addresses,
            Distribution = status.Distribution,
            DiskBytes = status.DiskBytes,
            DiskMeasuredAt = status.DiskMeasuredAt,
            MemoryBytes = status.ResidentBytes,
            MemoryLimitBytes = status.MemoryLimitBytes,
            Processes = status.Processes,
            ProcessLimit = status.ProcessLimit,
            ProcessorLoad = entry.ProcessorLoad,
            ProcessorLimit = status.ProcessorLimit,
            Events = [.. events.Take(EventsShown)],
        };
    }
}

/// <summary>A tenant's status page.</summary>
/// <param name="Name">The tenant's name.</param>
/// <param name="AsOf">When it was put together.</param>
/// <param name="IsCurrent">False where the host does not answer: figures are the last known.</param>
/// <param name="VServers">His vservers by name.</param>
public sealed record TenantStatus(string Name, DateTimeOffset AsOf, bool IsCurrent, IReadOnlyList<TenantVServer> VServers);

/// <summary>Something that happened to a vserver, in plain words: "Started by hosting staff".</summary>
public sealed record TenantEvent(DateTimeOffset Time, string Text);
