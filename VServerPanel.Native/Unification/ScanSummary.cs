using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What came of a scan's files, per vserver and by reason.</summary>
internal sealed class ScanSummary
{
    /// <param name="scan">With what was found out about its files.</param>
    /// <param name="names">The vservers of its trees.</param>
    public ScanSummary(TreeScan scan, IReadOnlyList<VServerName> names)
    {
        var trees = scan.Trees.Count;
        var (shared, shareable, files) = (new long[trees], new long[trees], new long[trees]);
        var all = new TreeCount();
        foreach (var count in scan.Counts)
        {
            all.Add(count);
        }

        foreach (var index in scan.Files.Indices)
        {
            ref var row = ref scan.Files[index];
            var tree = scan.TreeOf(row);
            if (!row.Has(FileMarks.Shared))
            {
                all.Skip(row.Reason == SkipReason.None ? SkipReason.Alone : row.Reason, row.Bytes);
                continue;
            }

            files[tree]++;
            (row.Has(FileMarks.Replaced) ? shareable : shared)[tree] += row.Bytes;
        }

        Members = [.. names.Select((n, t) => new UnificationMember(n, scan.Counts[t].Files, scan.Counts[t].Bytes, shared[t], shareable[t], scan.Counts[t].Bytes - shared[t] - shareable[t]))];
        FilesShared = files.Sum();
        Files = scan.Counts.Sum(c => c.Files);
        Skipped = [.. Enum.GetValues<SkipReason>()
            .Where(r => r != SkipReason.None && all.SkippedFiles[(int)r] > 0)
            .OrderByDescending(r => all.SkippedBytes[(int)r])
            .Select(r => Eligibility.ToWire(r, all.SkippedFiles[(int)r], all.SkippedBytes[(int)r]))];
    }

    public IReadOnlyList<UnificationMember> Members { get; }

    public IReadOnlyList<SkippedFiles> Skipped { get; }

    public long Files { get; }

    public long FilesShared { get; }
}
