using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>How vservers share a file's content on disk.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<SharingMethod>))]
public enum SharingMethod
{
    /// <summary>Inodes of their own over the same blocks (FIDEDUPERANGE, FICLONE): nothing can be changed through it. xfs and btrfs.</summary>
    Reflink = 0,

    /// <summary>One inode under several names that no vserver can change, but each can replace: immutable-linkage-invert.</summary>
    HardLink = 1,

    /// <summary>One immutable inode under several names: vservers cannot replace it themselves either.</summary>
    Immutable = 2,
}

/// <summary>By what files are chosen to be compared.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<UnificationScope>))]
public enum UnificationScope
{
    /// <summary>Files of the same packages at the same version, at the same path.</summary>
    Package = 0,

    /// <summary>All eligible files, wherever they lie.</summary>
    Content = 1,
}

/// <summary>Files that are not shared for the same reason.</summary>
/// <param name="Reason">set-id, excluded-directory, configuration, not-in-package, differs, alone, being-written, attributes, empty, special-flags, holes, packages-unread …</param>
/// <param name="Explanation">The reason for people, in one sentence.</param>
/// <param name="Files">How many.</param>
/// <param name="Bytes">Allocated bytes they take.</param>
public sealed record SkippedFiles(string Reason, string Explanation, long Files, long Bytes);

/// <summary>What unification means for one vserver.</summary>
/// <param name="VServer">Its name.</param>
/// <param name="Files">Regular files in it.</param>
/// <param name="ApparentBytes">Allocated bytes of all of its files, shared or not.</param>
/// <param name="SharedBytes">Of these: shared with another vserver already, or the copy that stays and that others come to share.</param>
/// <param name="ShareableBytes">Of these: would be shared by the plan, or were by the run.</param>
/// <param name="OwnBytes">Of these: its own.</param>
public sealed record UnificationMember(VServerName VServer, long Files, long ApparentBytes, long SharedBytes, long ShareableBytes, long OwnBytes);

/// <summary>What a unification would do: the result of <c>vunify --plan</c> (also <c>--test</c>).</summary>
public sealed record UnificationPlan
{
    /// <summary>How; null where nothing here can share files safely, and then <see cref="Problems"/> says why.</summary>
    public SharingMethod? Method { get; init; }

    /// <summary>Why this method, or why none, for people.</summary>
    public required string MethodReason { get; init; }

    public required UnificationScope Scope { get; init; }

    /// <summary>Files examined in all vservers.</summary>
    public required long Files { get; init; }

    /// <summary>Files that would be replaced by, or made to share the blocks of, an equal one. By content they are estimated from size and attributes where <see cref="IsEstimate"/>.</summary>
    public required long FilesToShare { get; init; }

    /// <summary>Files that share already.</summary>
    public required long FilesShared { get; init; }

    /// <summary>Allocated bytes that would be free afterwards.</summary>
    public required long BytesSaved { get; init; }

    /// <summary>Whether contents were not compared for this plan: the run compares them in full and may save less.</summary>
    public required bool IsEstimate { get; init; }

    public required IReadOnlyList<UnificationMember> Members { get; init; }

    public required IReadOnlyList<SkippedFiles> Skipped { get; init; }

    // the serializer sets what is absent to null, whatever the initial value is
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];

    /// <summary>Why it would be refused; empty where it can be run.</summary>
    public IReadOnlyList<ProblemEvent> Problems { get; init => field = value ?? []; } = [];

    /// <summary>Free bytes of the file system now.</summary>
    public long BytesFree { get; init; }

    /// <summary>The command that does it, as words.</summary>
    public required IReadOnlyList<string> Command { get; init; }
}

/// <summary>What a unification or its undoing has done: the result of <c>vunify</c>, <c>vserver NAME unify</c> and <c>deunify</c>.</summary>
public sealed record UnificationOutcome
{
    public SharingMethod? Method { get; init; }

    /// <summary>Files that were made to share, or given content of their own again.</summary>
    public required long FilesChanged { get; init; }

    /// <summary>Files that share now, of those examined.</summary>
    public required long FilesShared { get; init; }

    /// <summary>Allocated bytes saved by this run; negative where sharing was undone.</summary>
    public required long BytesSaved { get; init; }

    /// <summary>Free bytes of the file system before and after, as df has them.</summary>
    public required long BytesFreeBefore { get; init; }

    public required long BytesFreeAfter { get; init; }

    public required IReadOnlyList<UnificationMember> Members { get; init; }

    public required IReadOnlyList<SkippedFiles> Skipped { get; init; }

    /// <summary>What the run took, in milliseconds.</summary>
    public required long Milliseconds { get; init; }

    /// <summary>Files looked at again after the run; a difference would have been a problem.</summary>
    public required long FilesVerified { get; init; }
}
