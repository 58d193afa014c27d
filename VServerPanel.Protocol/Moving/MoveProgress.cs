namespace VServerPanel.Protocol;

/// <summary>How far a move is: an item <c>move-progress</c> of <c>vserver NAME move</c> and <c>standby</c>.</summary>
/// <param name="MoveId">The move.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Pass">Number of the copy pass, from 1; 0 before the first.</param>
/// <param name="Bytes">Bytes of file contents that this pass has done with.</param>
/// <param name="TotalBytes">Bytes that it has to do with; null where not known yet.</param>
/// <param name="BytesPerSecond">Rate of the last seconds.</param>
/// <param name="EtaSeconds">Until the end of this pass; null where it cannot be told.</param>
public sealed record MoveProgress(string MoveId, MovePhase Phase, int Pass = 0, long Bytes = 0, long? TotalBytes = null, long? BytesPerSecond = null, long? EtaSeconds = null);

/// <summary>What a move has done: the result of <c>vserver NAME move</c> and <c>vserver-moves resume</c>.</summary>
public sealed record MoveOutcome
{
    public required string MoveId { get; init; }

    /// <summary>Name of the host that the vserver is on now.</summary>
    public required string Peer { get; init; }

    /// <summary>Bytes and files of the tree.</summary>
    public required long Bytes { get; init; }

    public required long Files { get; init; }

    /// <summary>Bytes that went over the wire, all passes together; null where not counted.</summary>
    public long? BytesSent { get; init; }

    /// <summary>What all of it took, in milliseconds.</summary>
    public required long Milliseconds { get; init; }

    /// <summary>From the stop at the source until it ran at the target, in milliseconds; null where it did not run before or was not started.</summary>
    public long? DowntimeMilliseconds { get; init; }

    /// <summary>Whether counts, sizes and attributes of both trees were compared and found equal.</summary>
    public required bool Verified { get; init; }

    /// <summary>Whether contents were compared, too.</summary>
    public required bool Checksums { get; init; }

    /// <summary>Until when the source keeps its copy, disabled; null where it kept none.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>The job of the target that shares its files there; null where none was begun.</summary>
    public string? UnificationJobId { get; init; }

    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];
}

/// <summary>A move that a host knows of: an item <c>move</c> of <c>vserver-moves list</c>.</summary>
public sealed record MoveInfo
{
    /// <summary>The same on both hosts.</summary>
    public required string Id { get; init; }

    public required VServerName VServer { get; init; }

    public required Guid VServerId { get; init; }

    public required MoveDirection Direction { get; init; }

    /// <summary>The other host, as this one calls it.</summary>
    public required string Peer { get; init; }

    public required MovePhase Phase { get; init; }

    public required MoveState State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Until when the retired copy is kept (UTC).</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>Bytes of the tree.</summary>
    public long? Bytes { get; init; }

    public ProblemEvent? Problem { get; init; }

    /// <summary>What an administrator should do, as a sentence; null where nothing is to be done.</summary>
    public string? WhatToDo { get; init; }

    /// <summary>The job that works on it, or did last.</summary>
    public string? JobId { get; init; }
}
