namespace VServerPanel.Protocol;

/// <summary>One step of a plan.</summary>
/// <param name="Title">What it does.</param>
/// <param name="Command">The command it runs, as words; null where it is done by system calls.</param>
public sealed record PlanStep(string Title, IReadOnlyList<string>? Command = null);

/// <summary>What an operation will do: the result of a command called with <c>--plan</c>.</summary>
/// <param name="Steps">In order.</param>
/// <param name="Warnings">What the user should know before he goes on.</param>
/// <param name="Problems">Why it would be refused; empty where it can be run.</param>
/// <param name="BytesNeeded">Estimate of the room it takes; null where it cannot be known.</param>
/// <param name="BytesFree">Room there is.</param>
/// <param name="BytesFreed">Room it makes, at once or (a delete to the trash) when that is purged; null where that is not its matter.</param>
public sealed record OperationPlan(
    IReadOnlyList<PlanStep> Steps,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<ProblemEvent> Problems,
    long? BytesNeeded = null,
    long? BytesFree = null,
    long? BytesFreed = null)
{
    /// <summary>The files that it changes, where they are small texts; null where that is not its matter.</summary>
    public IReadOnlyList<FileChange>? Changes { get; init; }
}

/// <summary>How a file will change.</summary>
/// <param name="Path">On the host.</param>
/// <param name="Diff">As <c>diff -u</c> shows it.</param>
public sealed record FileChange(string Path, string Diff);

/// <summary>Something a vserver can be made from, as <c>newvserver --list-sources</c> tells it.</summary>
/// <param name="Method">How.</param>
/// <param name="Source">What to pass as source: a suite, a file name of the image folder, a vserver's name; empty for a skeleton.</param>
/// <param name="Title">For people: "Debian 12 (bookworm)".</param>
/// <param name="Detail">Mirror, size, distribution …</param>
/// <param name="Bytes">Estimated size, if known.</param>
public sealed record BuildSource(BuildMethod Method, string Source, string Title, string Detail = "", long? Bytes = null);

/// <summary>The result of <c>vserver NAME delete</c>.</summary>
/// <param name="BytesFreed">Room on the disk that is free again; 0 while it is in the trash.</param>
/// <param name="TrashId">What <c>vserver-trash restore</c> takes; null where it was deleted for good.</param>
/// <param name="PurgeAfter">Until when it can be restored, at least (UTC).</param>
public sealed record DeleteOutcome(long BytesFreed, string? TrashId = null, DateTimeOffset? PurgeAfter = null);
