using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>Which end of a standby this host is.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<StandbyRole>))]
public enum StandbyRole
{
    /// <summary>The vserver is here, and a copy of it elsewhere.</summary>
    Source = 0,

    /// <summary>The copy is here, and must not be started unless it is promoted.</summary>
    Copy = 1,
}

/// <summary>A vserver of which a stopped copy is kept elsewhere: an item <c>standby</c> of <c>vserver-standby list</c>.</summary>
public sealed record StandbyInfo
{
    public required VServerName VServer { get; init; }

    public required Guid VServerId { get; init; }

    public required StandbyRole Role { get; init; }

    /// <summary>The other host, as this one calls it.</summary>
    public required string Peer { get; init; }

    /// <summary>When the last complete copy was begun (UTC): what changed later is not in it. Null where there is none yet.</summary>
    public DateTimeOffset? CompleteAsOf { get; init; }

    public DateTimeOffset? LastTriedAt { get; init; }

    /// <summary>How the last try failed; null where it did not.</summary>
    public ProblemEvent? Problem { get; init; }

    /// <summary>Bytes of the complete copy.</summary>
    public long? Bytes { get; init; }

    /// <summary>When the copy was made the real one; the vserver must then not run at the source.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>At the source: how often it is copied; null where only by hand.</summary>
    public int? IntervalMinutes { get; init; }

    /// <summary>At the source: the most that goes over the wire in a second; null: no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>At the source: when it is copied next (UTC); null where only by hand, or not any more.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>At the source: whether it is copied, or moved, now.</summary>
    public bool IsAtWork { get; init; }

    /// <summary>The job that copied last, or does now.</summary>
    public string? JobId { get; init; }

    /// <summary>What an administrator should do, as a sentence; null where nothing is to be done.</summary>
    public string? WhatToDo { get; init; }
}

/// <summary>What promoting a copy would do: the result of <c>vserver NAME promote --plan</c>. A reader of <see cref="OperationPlan"/> can read it as one.</summary>
public sealed record PromotePlan
{
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>What is lost by it.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];

    /// <summary>Why it would be refused; empty where it can be done.</summary>
    public IReadOnlyList<ProblemEvent> Problems { get; init => field = value ?? []; } = [];

    /// <summary>What changed after that is lost (UTC); null where it is not known, since the copying was not ours.</summary>
    public DateTimeOffset? CompleteAsOf { get; init; }

    /// <summary>The profiles that its conf file tells apart; empty where it tells none apart.</summary>
    public IReadOnlyList<string> Profiles { get; init => field = value ?? []; } = [];

    /// <summary>The one that it would start with.</summary>
    public string? Profile { get; init; }
}

/// <summary>What a pass has copied: the result of <c>vserver NAME standby copy</c>.</summary>
/// <param name="Peer">Where the copy is.</param>
/// <param name="CompleteAsOf">When the pass was begun (UTC).</param>
/// <param name="Bytes">Bytes of the tree.</param>
/// <param name="Files">Files of the tree.</param>
/// <param name="BytesSent">Bytes that went over the wire.</param>
/// <param name="Milliseconds">What it took.</param>
public sealed record StandbyOutcome(string Peer, DateTimeOffset CompleteAsOf, long Bytes, long Files, long BytesSent, long Milliseconds);

/// <summary>What became of a copy: the result of <c>vserver NAME promote</c>.</summary>
/// <param name="Peer">The host that it came from.</param>
/// <param name="PromotedAt">When it was made the real one (UTC).</param>
/// <param name="CompleteAsOf">What changed after that is lost (UTC); null where it is not known, since the copying was not ours.</param>
public sealed record PromoteOutcome(string Peer, DateTimeOffset PromotedAt, DateTimeOffset? CompleteAsOf = null);
