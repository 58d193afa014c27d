namespace VServerPanel.Protocol;

/// <summary>What a vserver takes on disk: an item <c>disk-share</c> of <c>vdu --json [NAME…]</c>.</summary>
/// <param name="VServer">Its name; null where a directory was measured.</param>
/// <param name="Path">The tree.</param>
/// <param name="Files">Regular files.</param>
/// <param name="ApparentBytes">Allocated bytes of all it has, as if nothing were shared.</param>
/// <param name="OwnBytes">Freed if it were deleted.</param>
/// <param name="FairBytes">Its share of the disk: each block divided by the number of trees that use it.</param>
/// <param name="SharedFiles">Files of which it shares at least a part.</param>
/// <param name="SharedBytes">Allocated bytes that it shares with others.</param>
/// <param name="UnifiedAt">When it was last unified (UTC); null where never.</param>
/// <param name="DriftFiles">Files shared at the last unification that are its own by now; null where it was never unified.</param>
/// <param name="DriftBytes">Their bytes.</param>
/// <param name="UnifiedWith">Those it was last unified with.</param>
public sealed record DiskShare(
    VServerName? VServer,
    string Path,
    long Files,
    long ApparentBytes,
    long OwnBytes,
    long FairBytes,
    long SharedFiles,
    long SharedBytes,
    DateTimeOffset? UnifiedAt = null,
    long? DriftFiles = null,
    long? DriftBytes = null,
    IReadOnlyList<VServerName>? UnifiedWith = null);

/// <summary>The disk that the trees lie on: the result of <c>vdu --json</c>.</summary>
/// <param name="FileSystem">Its type: ext4, xfs, btrfs …</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Method">How files would be shared on it; null where nothing here can.</param>
/// <param name="MethodReason">Why, for people.</param>
/// <param name="BytesTotal">Its size.</param>
/// <param name="BytesFree">Free, as df has it.</param>
/// <param name="BytesSaved">What sharing saves now: the sum of all that is apparent less what is really taken.</param>
/// <param name="BytesInTrash">Freed if the trash were emptied, at least; null where it was not looked at.</param>
public sealed record DiskSummary(string FileSystem, string MountPoint, SharingMethod? Method, string MethodReason, long BytesTotal, long BytesFree, long BytesSaved, long? BytesInTrash = null);

/// <summary>Why a file is shared or not: an item <c>sharing-answer</c> of <c>vfiles NAME --why PATH</c>.</summary>
/// <param name="VServer">The vserver.</param>
/// <param name="Path">The path inside it.</param>
/// <param name="IsShared">Whether it shares its content with another vserver.</param>
/// <param name="Reason">As in <see cref="SkippedFiles.Reason"/>; "shared" where it is.</param>
/// <param name="Explanation">For people, in one or two sentences, with what could be done.</param>
/// <param name="Package">The package it belongs to, with its version, if any.</param>
/// <param name="SharedWith">Vservers that share it, as far as known.</param>
public sealed record SharingAnswer(VServerName VServer, string Path, bool IsShared, string Reason, string Explanation, string? Package = null, IReadOnlyList<string>? SharedWith = null);
