namespace VServerPanel.Protocol;

/// <summary>The difference of two texts, line by line: what the panel shows, and what <c>--plan</c> prints.</summary>
public static class LineDiff
{
    // a table larger than this (16 MB) is not worth its exactness: the middle is then told as removed and added
    private const int MostCells = 4_000_000;

    /// <summary>All lines of both texts in order; in a change the removed ones come first.</summary>
    public static IReadOnlyList<DiffLine> Compare(string before, string after) => Compare(Lines(before), Lines(after));

    /// <summary>The same of lines, with or without their ends.</summary>
    public static IReadOnlyList<DiffLine> Compare(string[] before, string[] after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var (a, b) = (before, after);
        var head = 0;
        while (head < a.Length && head < b.Length && a[head] == b[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < a.Length - head && tail < b.Length - head && a[^(tail + 1)] == b[^(tail + 1)])
        {
            tail++;
        }

        var lines = new List<DiffLine>();
        for (var i = 0; i < head; i++)
        {
            lines.Add(new DiffLine(DiffKind.Same, i + 1, i + 1, a[i]));
        }

        lines.AddRange(Middle(a, b, head, a.Length - tail, b.Length - tail));
        for (var i = tail; i > 0; i--)
        {
            lines.Add(new DiffLine(DiffKind.Same, a.Length - i + 1, b.Length - i + 1, a[^i]));
        }

        return lines;
    }

    /// <summary>Only the changes, each with some lines around it; null in the list where lines were left out.</summary>
    public static IReadOnlyList<DiffLine?> Hunks(IReadOnlyList<DiffLine> lines, int context = 3)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var shown = new bool[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Kind is not DiffKind.Same)
            {
                Array.Fill(shown, true, Math.Max(0, i - context), Math.Min(lines.Count - 1, i + context) - Math.Max(0, i - context) + 1);
            }
        }

        var hunks = new List<DiffLine?>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (shown[i])
            {
                hunks.Add(lines[i]);
            }
            else if (i == 0 || shown[i - 1])
            {
                hunks.Add(null);
            }
        }

        return hunks;
    }

    private static string[] Lines(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var lines = text.Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    // Longest common subsequence of a[from..aEnd] and b[from..bEnd]; conf files are some dozens of lines.
    private static List<DiffLine> Middle(string[] a, string[] b, int from, int aEnd, int bEnd)
    {
        var (n, m) = (aEnd - from, bEnd - from);
        var common = (long)n * m <= MostCells ? CommonLengths(a.AsSpan(from, n), b.AsSpan(from, m)) : null;
        var lines = new List<DiffLine>(n + m);
        var (i, j) = (0, 0);
        while (i < n || j < m)
        {
            if (common is not null && i < n && j < m && a[from + i] == b[from + j])
            {
                lines.Add(new DiffLine(DiffKind.Same, from + i + 1, from + j + 1, a[from + i]));
                (i, j) = (i + 1, j + 1);
            }
            else if (i < n && (j == m || common is null || common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add(new DiffLine(DiffKind.Removed, from + i + 1, null, a[from + i]));
                i++;
            }
            else
            {
                lines.Add(new DiffLine(DiffKind.Added, null, from + j + 1, b[from + j]));
                j++;
            }
        }

        return lines;
    }

    private static int[,] CommonLengths(ReadOnlySpan<string> a, ReadOnlySpan<string> b)
    {
        var common = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }
}
