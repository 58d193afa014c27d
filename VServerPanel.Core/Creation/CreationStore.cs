using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Storage;

namespace VServerPanel.Core.Creation;

/// <summary>Keeps creations under way on one host in the database.</summary>
internal sealed class CreationStore(IDbContextFactory<StateDbContext> databases, string host, TimeProvider time)
{
    public async Task AddAsync(CreationRecord creation, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        database.Creations.Add(creation);
        await database.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Nothing is to follow any more.</summary>
    public async Task CompleteAsync(string buildJobId)
    {
        await using var database = await databases.CreateDbContextAsync();
        if (await database.Creations.FindAsync(buildJobId) is { CompletedAt: null } creation)
        {
            creation.CompletedAt = time.GetUtcNow();
            await database.SaveChangesAsync();
        }
    }

    public async Task<CreationRecord?> FindAsync(string buildJobId, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Creations.FindAsync([buildJobId], cancellationToken);
    }

    /// <summary>Those of which something is still to be done.</summary>
    public async Task<IReadOnlyList<CreationRecord>> OpenAsync(CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Creations.AsNoTracking().Where(c => c.Host == host && c.CompletedAt == null).ToListAsync(cancellationToken);
    }

    /// <summary>Whether a job of this id is still to be started.</summary>
    public async Task<bool> WillStartAsync(string startJobId, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Creations.AnyAsync(c => c.StartJobId == startJobId && c.CompletedAt == null, cancellationToken);
    }
}
