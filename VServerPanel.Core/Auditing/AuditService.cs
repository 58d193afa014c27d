using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>The audit history: written at its end, read by page, verified.</summary>
public sealed class AuditService
{
    private readonly IDbContextFactory<AuditDbContext> _databases;
    private readonly AuditLog _log;
    private readonly TimeProvider _time;
    private readonly string _host;

    internal AuditService(IDbContextFactory<AuditDbContext> databases, AuditLog log, TimeProvider time, string host) =>
        (_databases, _log, _time, _host) = (databases, log, time, host);

    /// <summary>Records something that happened at once: a sign-in, a lock-out, a link made or revoked.</summary>
    /// <exception cref="HostProblemException">It could not be written.</exception>
    public Task RecordEventAsync(Caller caller, string operation, string detail, OperationOutcome outcome = OperationOutcome.Succeeded, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var draft = new AuditDraft
        {
            Host = _host,
            OperationId = Guid.NewGuid().ToString("N"),
            Phase = AuditPhase.Event,
            Origin = AuditOrigin.Panel,
            Time = _time.GetUtcNow(),
            User = caller.UserName,
            Address = caller.RemoteAddress,
            Operation = operation,
            Detail = detail,
            Outcome = outcome,
        };
        return WriteAsync(draft, "It was done", cancellationToken);
    }

    /// <summary>One page, newest first.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="after">The cursor of the page before; null for the first page.</param>
    /// <param name="size">Entries a page, 1 to 500.</param>
    public async Task<AuditPage> QueryAsync(AuditFilter filter, AuditCursor? after = null, int size = 50, CancellationToken cancellationToken = default)
    {
        size = Math.Clamp(size, 1, 500);
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var entries = await database.Entries.AsNoTracking().Matching(filter).NewestFirst(after).Take(size + 1).ToListAsync(cancellationToken);
        if (entries.Count <= size)
        {
            return new AuditPage(entries, null);
        }

        entries.RemoveAt(size);
        return new AuditPage(entries, new AuditCursor(entries[^1].Time, entries[^1].Sequence));
    }

    /// <summary>How many entries match, counted up to <paramref name="limit"/>.</summary>
    public async Task<int> CountAsync(AuditFilter filter, int limit = 10_000, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return await database.Entries.Matching(filter).OrderByDescending(e => e.Time).Take(limit).CountAsync(cancellationToken);
    }

    /// <summary>Both entries of an operation of this host, as far as they are there, the earlier first. A move has the same id on both hosts.</summary>
    public async Task<IReadOnlyList<AuditEntry>> OperationAsync(string operationId, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return await database.Entries.AsNoTracking().Where(e => e.OperationId == operationId && e.Host == _host).OrderBy(e => e.Phase).ToListAsync(cancellationToken);
    }

    /// <summary>The users, operations and hosts that occur, for filters.</summary>
    public async Task<AuditVocabulary> VocabularyAsync(CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return new AuditVocabulary(
            await DistinctAsync(database, "User", cancellationToken),
            await DistinctAsync(database, "Operation", cancellationToken),
            await DistinctAsync(database, "Host", cancellationToken));
    }

    /// <summary>Recomputes the whole chain.</summary>
    public Task<AuditVerification> VerifyAsync(CancellationToken cancellationToken = default) => AuditVerifier.VerifyAsync(_databases, cancellationToken);

    /// <summary>Records that an operation was asked for.</summary>
    /// <exception cref="HostProblemException">It could not be written: the operation must not be begun.</exception>
    internal Task RecordAskedAsync(AuditDraft draft) => WriteAsync(draft, "Nothing was done");

    /// <summary>Records how an operation ended, unless the host's journal has told already.</summary>
    /// <exception cref="HostProblemException">It could not be written; the host's journal has it.</exception>
    internal Task RecordEndedAsync(AuditDraft draft) => WriteAsync(draft, "It was done");

    private async Task WriteAsync(AuditDraft draft, string whatOfIt, CancellationToken cancellationToken = default)
    {
        try
        {
            await _log.AppendAsync([draft], cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            var why = (e.InnerException ?? e).Message;
            throw new HostProblemException(ProblemCode.Internal, $"{whatOfIt}, but the audit history cannot be written: {why} Look after the disk that holds the panel's data directory.", e);
        }
    }

    /// <summary>Operations that this panel asked for since <paramref name="since"/> and whose end nobody has told.</summary>
    internal async Task<IReadOnlyList<AuditEntry>> OpenAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return await database.Entries.AsNoTracking()
            .Where(asked => asked.Time >= since && asked.Phase == AuditPhase.Asked && asked.Origin == AuditOrigin.Panel && asked.Host == _host)
            .Where(asked => !database.Entries.Any(ended => ended.OperationId == asked.OperationId && ended.Phase == AuditPhase.Ended && ended.Host == asked.Host))
            .ToListAsync(cancellationToken);
    }

    // Hops from one value to the next in the index: DISTINCT would walk through all of it (sqlite.org/optoverview.html, skip-scan needs ANALYZE).
    private static async Task<IReadOnlyList<string>> DistinctAsync(AuditDbContext database, string column, CancellationToken cancellationToken)
    {
        var sql = $"""
            WITH RECURSIVE hop(value) AS (
                SELECT min("{column}") FROM audit_entries
                UNION ALL
                SELECT (SELECT min("{column}") FROM audit_entries WHERE "{column}" > value) FROM hop WHERE value IS NOT NULL)
            SELECT value AS "Value" FROM hop WHERE value IS NOT NULL
            """;
        return await database.Database.SqlQueryRaw<string>(sql).ToListAsync(cancellationToken);
    }
}

/// <summary>What can be chosen in filters, each sorted.</summary>
public sealed record AuditVocabulary(IReadOnlyList<string> Users, IReadOnlyList<string> Operations, IReadOnlyList<string> Hosts);
