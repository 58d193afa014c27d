using VServerPanel.Native.Limits;

namespace VServerPanel.Native.FileTrees;

/// <summary>Measures trees, all at once and together: what they take, and what of it they share. Nothing is followed, and nothing mounted in them is entered.</summary>
internal sealed class DiskScan
{
    // a cold disk answers several questions at a time sooner than one after the other; beyond this there is no gain
    private const int MostWorkers = 16;

    private readonly WorkStack<Found> _work = new();
    private readonly CancellationToken _cancel;

    private DiskScan(CancellationToken cancel) => _cancel = cancel;

    /// <summary>A directory that waits to be read.</summary>
    internal readonly record struct Found(OpenDirectory? Parent, byte[] Name, int Tree, int Depth);

    /// <summary>What was found in all the trees.</summary>
    /// <param name="Trees">In the order that was asked for.</param>
    /// <param name="SavedBytes">What sharing among them saves.</param>
    internal sealed record Outcome(IReadOnlyList<TreeTotals> Trees, long SavedBytes);

    /// <param name="paths">The trees' directories.</param>
    /// <param name="withRanges">Whether blocks are looked at that inodes share (reflinks), where a tree's file system has any: a call more for each file.</param>
    /// <param name="workers">Threads at most; 1: this one alone. Null: as many as are of use.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OperationCanceledException">Cancelled on the way.</exception>
    public static Outcome Run(IReadOnlyList<string> paths, bool withRanges, int? workers, CancellationToken cancel)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        var roots = paths.Select(ScanRoot.Open).ToList();
        try
        {
            var scan = new DiskScan(cancel);
            var known = new KnownInodes(isUsed: roots.Count > 1);
            var all = Enumerable.Range(0, workers ?? MostWorkers).Select(_ => new ScanWorker(scan._work, roots, withRanges, known)).ToList();
            for (var tree = roots.Count - 1; tree >= 0; tree--)
            {
                scan._work.Push(new Found(null, [0], tree, 0));
            }

            scan._work.Run(all, scan.Read);
            return Sum(all, paths.Count);
        }
        finally
        {
            roots.ForEach(r => r.Directory.Release());
        }
    }

    private void Read(ScanWorker worker, Found found)
    {
        _cancel.ThrowIfCancellationRequested();
        worker.Read(found);
    }

    private static Outcome Sum(List<ScanWorker> workers, int trees)
    {
        var totals = Enumerable.Range(0, trees).Select(_ => new TreeTotals()).ToList();
        var names = new LinkedName[workers.Sum(w => w.Names.Count)];
        var ranges = new SharedRange[workers.Sum(w => w.Ranges.Count)];
        var (namesAt, rangesAt, files) = (0, 0, 0);
        foreach (var worker in workers)
        {
            worker.Totals.Index().ToList().ForEach(t => totals[t.Index].Add(t.Item));
            worker.Names.CopyTo(names, namesAt);
            namesAt += worker.Names.Count;
            foreach (var range in worker.Ranges)
            {
                ranges[rangesAt++] = range.File < 0 ? range : range with { File = range.File + files };
            }

            files += worker.FilesWithRanges;
            worker.Dispose();
        }

        var saved = LinkTally.Add(names, totals) + RangeTally.Add(ranges, files, totals);
        return new Outcome(totals, saved);
    }
}
