using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>A row of the queue.</summary>
internal sealed class QueuedMoveRecord
{
    /// <summary>Chosen when it is queued, so that a panel which is killed while it asks does not ask twice.</summary>
    public required string JobId { get; init; }

    public required string BatchId { get; init; }

    /// <summary>The order in which they begin.</summary>
    public required int Position { get; init; }

    public required string Host { get; init; }

    public required Guid VServerId { get; init; }

    public required string VServer { get; set; }

    /// <summary>How many of this host may be under way for this one to begin.</summary>
    public required int AtOnce { get; init; }

    public required string Target { get; init; }

    public long? Bandwidth { get; init; }

    public bool Checksums { get; init; }

    public int KeepDays { get; init; }

    public bool Unify { get; init; }

    public bool Start { get; init; }

    public required string UserId { get; init; }

    public required string UserName { get; init; }

    public string? RemoteAddress { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public QueuedMoveState State { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public string? Problem { get; set; }

    public Caller Caller => new(UserId, UserName, RemoteAddress);

    public MoveRequest Request => new(Target) { Bandwidth = Bandwidth, Checksums = Checksums, KeepDays = KeepDays, Start = Start, Unify = Unify };

    public QueuedMove Read() => new(JobId, BatchId, VServerId, VServerName.Parse(VServer), Request, UserName, QueuedAt, State, EndedAt, Problem, AtOnce);
}
