using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>Keeps the queue of one host in the database. A row changes its state by one statement that names the state it was in: of two who want to, one does.</summary>
internal sealed class MoveQueueStore(IDbContextFactory<StateDbContext> databases, string host, TimeProvider time)
{
    /// <summary>Adds all or none.</summary>
    /// <exception cref="HostProblemException">One of them is in the queue already.</exception>
    public async Task AddAsync(IReadOnlyList<QueuedMoveRecord> records)
    {
        await using var database = await databases.CreateDbContextAsync();
        database.QueuedMoves.AddRange(records);
        try
        {
            await database.SaveChangesAsync();
        }
        catch (DbUpdateException e) when (e.InnerException is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 })
        {
            // SQLITE_CONSTRAINT: the unique index over what is open
            throw new HostProblemException(ProblemCode.AlreadyExists, "One of these vservers waits to be moved already. Take it out of the queue first.", e);
        }
    }

    public async Task<int> LastPositionAsync()
    {
        await using var database = await databases.CreateDbContextAsync();
        return await database.QueuedMoves.MaxAsync(m => (int?)m.Position) ?? 0;
    }

    /// <summary>What waits or is under way in the order of the queue, then what has ended, newest first.</summary>
    public async Task<IReadOnlyList<QueuedMoveRecord>> ListAsync(int ended, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var open = await OpenOf(database).OrderBy(m => m.Position).ToListAsync(cancellationToken);
        var past = await database.QueuedMoves.AsNoTracking().Where(m => m.Host == host && m.EndedAt != null).OrderByDescending(m => m.EndedAt).Take(ended).ToListAsync(cancellationToken);

        // one that ended between the two readings is in both
        return [.. open.ExceptBy(past.Select(m => m.JobId), m => m.JobId), .. past];
    }

    public async Task<QueuedMoveRecord?> FindAsync(string jobId)
    {
        await using var database = await databases.CreateDbContextAsync();
        return await database.QueuedMoves.AsNoTracking().FirstOrDefaultAsync(m => m.Host == host && m.JobId == jobId);
    }

    public Task<IReadOnlyList<QueuedMoveRecord>> OpenAsync(CancellationToken cancellationToken) => ListAsync(0, cancellationToken);

    /// <summary>Whether it was in <paramref name="from"/> and is in <paramref name="to"/> now.</summary>
    public async Task<bool> TurnAsync(string jobId, QueuedMoveState from, QueuedMoveState to, string? problem = null)
    {
        await using var database = await databases.CreateDbContextAsync();
        DateTimeOffset? endedAt = to is QueuedMoveState.Succeeded or QueuedMoveState.Failed or QueuedMoveState.Cancelled ? time.GetUtcNow() : null;
        return await database.QueuedMoves.Where(m => m.Host == host && m.JobId == jobId && m.State == from)
            .ExecuteUpdateAsync(row => row.SetProperty(m => m.State, to).SetProperty(m => m.EndedAt, endedAt).SetProperty(m => m.Problem, problem)) == 1;
    }

    /// <summary>Turns all of a batch that are in <paramref name="from"/>; returns how many there were.</summary>
    public async Task<int> TurnBatchAsync(string batchId, QueuedMoveState from, QueuedMoveState to, string? problem = null)
    {
        await using var database = await databases.CreateDbContextAsync();
        return await database.QueuedMoves.Where(m => m.Host == host && m.BatchId == batchId && m.State == from)
            .ExecuteUpdateAsync(row => row.SetProperty(m => m.State, to).SetProperty(m => m.Problem, problem));
    }

    private IQueryable<QueuedMoveRecord> OpenOf(StateDbContext database) => database.QueuedMoves.AsNoTracking().Where(m => m.Host == host && m.EndedAt == null);
}
