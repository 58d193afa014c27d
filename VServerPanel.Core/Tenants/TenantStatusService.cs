using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
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
    private readonly Func<Fleet> _fleet;
    private readonly TimeProvider _time;

    internal TenantStatusService(IDbContextFactory<StateDbContext> state, IDbContextFactory<AuditDbContext> history, Func<Fleet> fleet, TimeProvider time) =>
        (_state, _history, _fleet, _time) = (state, history, fleet, time);

    /// <summary>The status page's content; null where there is no such tenant.</summary>
    public async Task<TenantStatus?> GetAsync(Guid tenantId, CancellationToken cancellationToken = default)
    {
        await using var state = await _state.CreateDbContextAsync(cancellationToken);
        if (await state.Tenants.FindAsync([tenantId], cancellationToken) is not { } tenant)
        {
            return null;
        }

        var ids = (await state.Assignments.Where(a => a.TenantId == tenantId).Select(a => a.VServerId).ToListAsync(cancellationToken)).ToHashSet();
        var hosts = _fleet().All.Select(h => h.Directory.Snapshot).ToList();
        var entries = hosts.SelectMany(h => h.Entries).Where(e => ids.Contains(e.Id)).GroupBy(e => e.Id).Select(same => same.MinBy(Rank)!).OrderBy(e => e.Name.Value, StringComparer.Ordinal).ToList();
        var now = _time.GetUtcNow();
        var vservers = new List<TenantVServer>();
        await using var history = await _history.CreateDbContextAsync(cancellationToken);
        foreach (var entry in entries)
        {
            vservers.Add(View(entry, now, await EventsAsync(history, entry.Id, cancellationToken)));
        }

        return new TenantStatus(tenant.Name, now, IsCurrent(hosts, entries, ids.Count), vservers);
    }

    // of a vserver that was moved, or has a standby copy, the real one
    private static int Rank(DirectoryEntry entry) => entry.Status.State switch
    {
        VServerState.Running => 0,
        VServerState.Starting or VServerState.Stopping => 1,
        VServerState.Stopped => 2,
        _ => 3,
    };

    // one that is not found may be on a host that does not answer
    private static bool IsCurrent(List<DirectorySnapshot> hosts, List<DirectoryEntry> entries, int all) =>
        hosts.Where(h => entries.Count == 0 || entries.Count < all || entries.Any(e => e.Host == h.Host)).All(h => h.Connection.State is DirectoryConnection.Live);

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
