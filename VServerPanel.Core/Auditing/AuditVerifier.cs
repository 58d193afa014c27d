using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Core.Auditing;

/// <summary>Walks the chain from its origin and names the first entry that is not as it was written.</summary>
internal static class AuditVerifier
{
    public static async Task<AuditVerification> VerifyAsync(IDbContextFactory<AuditDbContext> databases, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var (entries, hash) = (0L, AuditChain.Origin);
        await foreach (var entry in database.Entries.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (FaultOf(entry, entries + 1, hash) is { } fault)
            {
                return new AuditVerification(entries, hash, entry.Sequence, fault);
            }

            (entries, hash) = (entry.Sequence, entry.Hash);
        }

        return await EndFaultAsync(database, entries, cancellationToken) is { } missing
            ? new AuditVerification(entries, hash, missing.Sequence, missing.Fault)
            : new AuditVerification(entries, hash, null, null);
    }

    // The chain itself cannot tell that its end is gone; the head that the triggers keep can, as long as nobody took care of it too.
    private static async Task<(long? Sequence, string Fault)?> EndFaultAsync(AuditDbContext database, long entries, CancellationToken cancellationToken)
    {
        var last = await database.Database.SqlQueryRaw<long>("""SELECT "Sequence" AS "Value" FROM audit_head""").SingleOrDefaultAsync(cancellationToken);
        if (last != entries)
        {
            return (entries + 1, last > entries ? $"Entries {entries + 1} to {last} were removed from the end." : $"There are {entries} entries where the database counted {last}.");
        }

        var triggers = await database.Database.SqlQueryRaw<string>("SELECT name AS \"Value\" FROM sqlite_schema WHERE type = 'trigger'").ToListAsync(cancellationToken);
        return AppendOnlyTriggers.Names.Except(triggers, StringComparer.Ordinal).FirstOrDefault() is { } gone
            ? (null, $"The trigger {gone}, which keeps entries from being changed, was removed from the database. No entry was found changed.")
            : null;
    }

    private static string? FaultOf(AuditEntry entry, long sequence, string previousHash)
    {
        if (entry.Sequence != sequence)
        {
            return entry.Sequence == sequence + 1 ? $"Entry {sequence} before it is missing." : $"Entries {sequence} to {entry.Sequence - 1} before it are missing.";
        }

        if (entry.PreviousHash != previousHash)
        {
            return "It does not follow the entry before it: that one was exchanged or this one was.";
        }

        return AuditChain.HashOf(entry) == entry.Hash ? null : "Its content was changed after it was written.";
    }
}
