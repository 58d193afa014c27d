using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>A bucket that an earlier run has compared, and has let share by blocks what is equal.</summary>
internal static class ComparedBucket
{
    /// <summary>Marks its files as shared, or says why they are not.</summary>
    /// <param name="scan">With what is known of them.</param>
    /// <param name="rows">Its files; they are put into the order of their classes.</param>
    public static void Conclude(TreeScan scan, Span<int> rows)
    {
        var files = scan.Files;
        rows.Sort((a, b) => files[a].Class.CompareTo(files[b].Class));
        for (int from = 0, to; from < rows.Length; from = to)
        {
            for (to = from + 1; to < rows.Length && files[rows[to]].Class == files[rows[from]].Class; to++)
            {
            }

            scan.Conclude(rows[from..to], files[rows[from]].Class == KnownFiles.InlineClass ? SkipReason.Inline
                : AreSeveral(scan, rows[from..to]) ? SkipReason.None
                : AreSeveral(scan, rows) ? SkipReason.Differs
                : SkipReason.Alone);
        }
    }

    // one inode of several names shares with nobody
    private static bool AreSeveral(TreeScan scan, ReadOnlySpan<int> rows)
    {
        foreach (var index in rows)
        {
            if (UnitList.Compare(scan.Files[index], scan.Files[rows[0]]) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
