using VServerPanel.Native.FileTrees;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>How much a tree takes.</summary>
/// <param name="Bytes">Allocated on the disk; a file with several links once. What a full copy of it would take.</param>
/// <param name="OwnBytes">The same without what is used from outside of the tree, by links or by shared blocks. What its removal would free.</param>
/// <param name="Entries">Names in it.</param>
internal sealed record TreeSize(long Bytes, long OwnBytes, long Entries);

/// <summary>Measures one tree. Nothing is followed, and nothing mounted in it is entered.</summary>
internal static class TreeMeasure
{
    /// <exception cref="OperationCanceledException">Cancelled on the way.</exception>
    public static TreeSize Measure(string path, CancellationToken cancel) => Measure(path, withRanges: true, workers: null, cancel);

    /// <summary>What a full copy would take; blocks that files share are not looked at.</summary>
    public static TreeSize MeasureForCopy(string path, CancellationToken cancel) => Measure(path, withRanges: false, workers: null, cancel);

    /// <summary>Measures it in the background, by this thread alone; blocks that files share are not looked at.</summary>
    public static long MeasureQuietly(string path, CancellationToken cancel) => Measure(path, withRanges: false, workers: 1, cancel).Bytes;

    private static TreeSize Measure(string path, bool withRanges, int? workers, CancellationToken cancel)
    {
        var totals = DiskScan.Run([path], withRanges, workers, cancel).Trees[0];
        return new TreeSize(totals.Bytes, totals.OwnBytes, totals.Entries);
    }
}
