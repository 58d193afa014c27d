using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>What vservers share with each other, counted as the disk is measured (<see cref="FileTrees.DiskScan"/>), so that drift is told from both:
/// an inode once, blocks once, and only those that several of the vservers use.</summary>
internal static class SharedTotals
{
    /// <param name="scan">With what was found out about its files.</param>
    /// <param name="isByLinks">Whether equal files are one inode; else they are of one class, and share their blocks.</param>
    /// <returns>Inodes of each tree, and their allocated bytes.</returns>
    public static (long Files, long Bytes)[] Of(TreeScan scan, bool isByLinks)
    {
        int[] all = [.. scan.Files.Indices.Where(i => scan.Files[i].Has(FileMarks.Shared))];
        ulong[] keys = [.. all.Select(r => isByLinks ? scan.Files[r].Inode : scan.Files[r].Class)];
        Array.Sort(keys, all);
        var totals = new (long Files, long Bytes)[scan.Trees.Count];
        for (int from = 0, to; from < all.Length; from = to)
        {
            for (to = from + 1; to < all.Length && keys[to] == keys[from]; to++)
            {
            }

            Add(scan, all.AsSpan(from, to - from), totals);
        }

        return totals;
    }

    /// <summary>Adds files that lie in the same blocks, if they are of several trees.</summary>
    private static void Add(TreeScan scan, Span<int> rows, (long Files, long Bytes)[] totals)
    {
        rows.Sort((a, b) => scan.TreeOf(scan.Files[a]).CompareTo(scan.TreeOf(scan.Files[b])) is not 0 and var order ? order : UnitList.Compare(scan.Files[a], scan.Files[b]));
        if (scan.TreeOf(scan.Files[rows[0]]) == scan.TreeOf(scan.Files[rows[^1]]))
        {
            return;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            ref var row = ref scan.Files[rows[i]];
            ref var total = ref totals[scan.TreeOf(row)];
            var isFirst = i == 0 || scan.TreeOf(scan.Files[rows[i - 1]]) != scan.TreeOf(row);
            total.Files += isFirst || UnitList.Compare(scan.Files[rows[i - 1]], row) != 0 ? 1 : 0;
            total.Bytes += isFirst ? row.Bytes : 0;
        }
    }
}
