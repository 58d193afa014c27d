using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>The audit history: written to its end, read by page, verified.</summary>
public sealed class AuditService
{
    /// <summary>Records something that happened at once: a sign-in, a lock-out, a link made or revoked.</summary>
    public Task RecordEventAsync(Caller caller, string operation, string detail, OperationOutcome outcome = OperationOutcome.Succeeded, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>One page, newest first.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="after">The cursor of the page before; null for the first page.</param>
    /// <param name="size">Entries a page, 1 to 500.</param>
    public Task<AuditPage> QueryAsync(AuditFilter filter, AuditCursor? after = null, int size = 50, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>How many entries match, counted up to <paramref name="limit"/>.</summary>
    public Task<int> CountAsync(AuditFilter filter, int limit = 10_000, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Both entries of an operation, as far as they are there, the earlier first.</summary>
    public Task<IReadOnlyList<AuditEntry>> OperationAsync(string operationId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The users, operations and hosts that occur, for filters.</summary>
    public Task<AuditVocabulary> VocabularyAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Recomputes the whole chain.</summary>
    public Task<AuditVerification> VerifyAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

/// <summary>What can be chosen in filters, each sorted.</summary>
public sealed record AuditVocabulary(IReadOnlyList<string> Users, IReadOnlyList<string> Operations, IReadOnlyList<string> Hosts);
