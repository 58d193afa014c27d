namespace VServerPanel.Protocol;

/// <summary>One check made before a move.</summary>
/// <param name="Key">reachable, version, space, name, addresses, id-range, architecture, kernel, cgroup, file-system …</param>
/// <param name="Title">For people.</param>
/// <param name="State">How it came out.</param>
/// <param name="Found">What was found on the two hosts.</param>
/// <param name="Remedy">What to do; null where nothing is to be done.</param>
public sealed record MoveCheck(string Key, string Title, CheckState State, string Found, string? Remedy = null);

/// <summary>What a move would do: the result of <c>vserver NAME move --plan</c>. A reader of <see cref="OperationPlan"/> can read it as one.</summary>
public sealed record MovePlan
{
    /// <summary>Name of the target, as <c>vserver-hosts list</c> has it.</summary>
    public required string To { get; init; }

    public required IReadOnlyList<PlanStep> Steps { get; init; }

    public IReadOnlyList<MoveCheck> Checks { get; init => field = value ?? []; } = [];

    /// <summary>What the user should know before he goes on.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];

    /// <summary>Why it would be refused; empty where it can be run.</summary>
    public IReadOnlyList<ProblemEvent> Problems { get; init => field = value ?? []; } = [];

    /// <summary>What does not go with it: shares of this host, a sentence for each.</summary>
    public IReadOnlyList<string> LeftOut { get; init => field = value ?? []; } = [];

    /// <summary>Allocated bytes of the tree.</summary>
    public required long Bytes { get; init; }

    public required long Files { get; init; }

    /// <summary>Room it takes at the target, where nothing of it is unified.</summary>
    public long? BytesNeeded { get; init; }

    /// <summary>Free bytes at the target.</summary>
    public long? BytesFree { get; init; }

    /// <summary>The command that does it, as words.</summary>
    public required IReadOnlyList<string> Command { get; init; }
}
