namespace VServerPanel.Native.Unification;

/// <summary>How much of a unification's work is under way at once.</summary>
internal sealed record PipelineLimits
{
    /// <summary>New inodes that are written to the disk together, and bytes of them. Few syncs: each closes a transaction of the journal and writes all that is in it.</summary>
    public int SyncFiles { get; init; } = 3072;

    /// <inheritdoc cref="SyncFiles"/>
    public long SyncBytes { get; init; } = 96L << 20;

    /// <summary>Bytes that are on the disk twice at a time, at most.</summary>
    public long MostFreshBytes { get; init; } = 512L << 20;

    /// <summary>Called when some new inodes are on the disk and have no name yet: for tests of what comes in between.</summary>
    public Action? OnSync { get; init; }
}
