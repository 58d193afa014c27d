using VServerPanel.Native.Output;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What has become of each single file: <c>--debug</c>.</summary>
internal static class FileReport
{
    /// <summary>A line for each file that was shared: whether it has content of its own again, or why not.</summary>
    /// <param name="scan">With what was found out about its files.</param>
    /// <param name="shared">Their indices.</param>
    /// <param name="names">The vservers of its trees.</param>
    /// <param name="report">Who is told.</param>
    public static void TellSeparated(TreeScan scan, IEnumerable<int> shared, IReadOnlyList<VServerName> names, IReporter report)
    {
        foreach (var index in shared)
        {
            ref var row = ref scan.Files[index];
            report.ProgramOutput($"{names[scan.TreeOf(row)]} /{scan.PathOf(row)}: {(row.Reason == SkipReason.None ? "of its own again" : Eligibility.CodeOf(row.Reason))}");
        }
    }

    /// <summary>A line for each file that was looked at: its vserver, its path, and whether it is shared or why not.</summary>
    /// <param name="scan">With what was found out about its files.</param>
    /// <param name="names">The vservers of its trees.</param>
    /// <param name="report">Who is told.</param>
    /// <param name="changed">The word for those that were made to share, or would be.</param>
    public static void Tell(TreeScan scan, IReadOnlyList<VServerName> names, IReporter report, string changed)
    {
        foreach (var index in scan.Files.Indices)
        {
            ref var row = ref scan.Files[index];
            var word = row.Has(FileMarks.Shared)
                ? row.Has(FileMarks.Replaced) ? changed : Eligibility.CodeOf(SkipReason.None)
                : Eligibility.CodeOf(row.Reason == SkipReason.None ? SkipReason.Alone : row.Reason);
            report.ProgramOutput($"{names[scan.TreeOf(row)]} /{scan.PathOf(row)}: {word}");
        }
    }
}
