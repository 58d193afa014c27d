using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>Which entries to show; what is null or empty is not looked at.</summary>
public sealed record AuditFilter
{
    /// <summary>At or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Until { get; init; }

    public string? Host { get; init; }

    /// <summary>The exact name of the user.</summary>
    public string? User { get; init; }

    /// <summary>The exact name of the vserver.</summary>
    public string? VServer { get; init; }

    public Guid? VServerId { get; init; }

    public string? Operation { get; init; }

    public string? OperationId { get; init; }

    public OperationOutcome? Outcome { get; init; }

    public AuditPhase? Phase { get; init; }

    /// <summary>Contained in command, detail, problem, user, vserver or operation; upper and lower case are the same in ASCII.</summary>
    public string? Text { get; init; }
}

/// <summary>A place in the history from which a page goes on.</summary>
public sealed record AuditCursor(DateTimeOffset Time, long Sequence);

/// <summary>A page of the history, newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Older">Where the next page begins; null where this is the last.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, AuditCursor? Older);

/// <summary>Whether the history is as it was written.</summary>
/// <param name="Entries">How many entries were found right.</param>
/// <param name="HeadHash">Hash of the last of them.</param>
/// <param name="FirstBroken">Sequence of the first that is not; null where all are.</param>
/// <param name="Fault">What is wrong, as a sentence; null where nothing is.</param>
public sealed record AuditVerification(long Entries, string HeadHash, long? FirstBroken, string? Fault)
{
    public bool IsIntact => Fault is null;
}
