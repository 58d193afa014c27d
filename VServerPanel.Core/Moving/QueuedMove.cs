using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>How a move of the queue stands.</summary>
/// <remarks>Persisted: append only.</remarks>
public enum QueuedMoveState
{
    /// <summary>Its turn is to come.</summary>
    Waiting = 0,

    /// <summary>Its job was asked for, and its end is not known yet.</summary>
    Asked = 1,

    Succeeded = 2,

    Failed = 3,

    /// <summary>Taken out of the queue, or its job was cancelled.</summary>
    Cancelled = 4,

    /// <summary>Another one of its batch did not succeed; it waits for a person's word.</summary>
    Held = 5,
}

/// <summary>A move of the queue.</summary>
/// <param name="JobId">The id of its job, known before it begins.</param>
/// <param name="BatchId">The same for all that were queued together.</param>
/// <param name="VServerId">The vserver.</param>
/// <param name="VServer">Its name when it was queued; in between it may be renamed.</param>
/// <param name="Request">How it is moved.</param>
/// <param name="QueuedBy">Who asked.</param>
/// <param name="QueuedAt">When (UTC).</param>
/// <param name="State">How it stands.</param>
/// <param name="EndedAt">When its end was known (UTC).</param>
/// <param name="Problem">Why it did not succeed, as a sentence.</param>
/// <param name="AtOnce">How many of the host may be under way for it to begin.</param>
public sealed record QueuedMove(
    string JobId,
    string BatchId,
    Guid VServerId,
    VServerName VServer,
    MoveRequest Request,
    string QueuedBy,
    DateTimeOffset QueuedAt,
    QueuedMoveState State,
    DateTimeOffset? EndedAt,
    string? Problem,
    int AtOnce);
