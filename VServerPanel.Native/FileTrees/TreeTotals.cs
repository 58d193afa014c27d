namespace VServerPanel.Native.FileTrees;

/// <summary>What a tree takes on disk. Bytes are allocated ones unless they say otherwise.</summary>
internal sealed class TreeTotals
{
    /// <summary>Names in it.</summary>
    public long Entries { get; set; }

    /// <summary>Regular files; one with several links in the tree once.</summary>
    public long Files { get; set; }

    /// <summary>All of it, as if nothing were shared; a file with several links once.</summary>
    public long Bytes { get; set; }

    /// <summary>Freed if the tree were removed.</summary>
    public long OwnBytes { get; set; }

    /// <summary>Each block divided by the number of trees that use it; users outside of all measured trees count as one.</summary>
    public long FairBytes { get; set; }

    /// <summary>Files of which at least a part is used from outside of the tree.</summary>
    public long SharedFiles { get; set; }

    /// <summary>Of <see cref="Bytes"/>: used from outside of the tree.</summary>
    public long SharedBytes { get; set; }

    /// <summary>Of regular files with one link: what the classic vdu sums.</summary>
    public long SingleLinkBytes { get; set; }

    /// <summary>The same by length instead of allocated blocks.</summary>
    public long SingleLinkLengths { get; set; }

    /// <summary>A part that no other tree uses.</summary>
    public void AddOwn(long bytes)
    {
        Bytes += bytes;
        OwnBytes += bytes;
        FairBytes += bytes;
    }

    /// <summary>A part with this many users, this tree among them.</summary>
    public void AddShared(long bytes, int users)
    {
        Bytes += bytes;
        SharedBytes += bytes;
        FairBytes += bytes / users;
    }

    public void Add(TreeTotals other)
    {
        Entries += other.Entries;
        Files += other.Files;
        Bytes += other.Bytes;
        OwnBytes += other.OwnBytes;
        FairBytes += other.FairBytes;
        SharedFiles += other.SharedFiles;
        SharedBytes += other.SharedBytes;
        SingleLinkBytes += other.SingleLinkBytes;
        SingleLinkLengths += other.SingleLinkLengths;
    }
}
