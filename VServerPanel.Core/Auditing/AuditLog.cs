using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Core.Auditing;

/// <summary>The one writer of the history: gives entries their place in the chain.</summary>
internal sealed class AuditLog(IDbContextFactory<AuditDbContext> databases) : IDisposable
{
    // SQLite lets one writer in; in this process they queue here instead of in its busy handler.
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>Appends those whose phase of that operation is not told yet; returns how many were.</summary>
    /// <param name="position">How far the journal of a host has been read with these, to be kept in the same transaction.</param>
    public async Task<int> AppendAsync(IReadOnlyList<AuditDraft> drafts, JournalReadPosition? position = null, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await using var database = await databases.CreateDbContextAsync(cancellationToken);

            // BEGIN IMMEDIATE (Microsoft.Data.Sqlite's default): from here to the commit no other process can take the same place in the chain
            await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
            var appended = await ChainAsync(database, drafts, cancellationToken);
            if (position is not null)
            {
                await KeepAsync(database, position, cancellationToken);
            }

            await database.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return appended;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Has the journal of a host read from its beginning: by its name another host may have been known. What is told already is not told again.</summary>
    public async Task ForgetPositionAsync(string host, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        await database.JournalPositions.Where(p => p.Host == host).ExecuteDeleteAsync(cancellationToken);
    }

    public void Dispose() => _writing.Dispose();

    private static async Task<int> ChainAsync(AuditDbContext database, IReadOnlyList<AuditDraft> drafts, CancellationToken cancellationToken)
    {
        var operations = drafts.Select(d => d.OperationId).Distinct(StringComparer.Ordinal).ToList();
        var told = (await database.Entries.Where(e => operations.Contains(e.OperationId)).Select(e => new { e.Host, e.OperationId, e.Phase }).ToListAsync(cancellationToken))
            .Select(e => (e.Host, e.OperationId, e.Phase))
            .ToHashSet();
        var head = await database.Entries.AsNoTracking().OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(cancellationToken);
        var (sequence, hash) = (head?.Sequence ?? 0, head?.Hash ?? AuditChain.Origin);
        var appended = 0;
        foreach (var draft in drafts.Where(d => told.Add((d.Host, d.OperationId, d.Phase))))
        {
            var entry = draft.Chain(++sequence, hash);
            hash = entry.Hash;
            database.Entries.Add(entry);
            appended++;
        }

        return appended;
    }

    private static async Task KeepAsync(AuditDbContext database, JournalReadPosition position, CancellationToken cancellationToken)
    {
        var kept = await database.JournalPositions.FindAsync([position.Host], cancellationToken);
        if (kept is null)
        {
            database.JournalPositions.Add(position);
        }
        else
        {
            kept.Position = position.Position;
        }
    }
}
