using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Processes;

/// <summary>What processes are sorted by.</summary>
internal enum ProcessColumn
{
    Command,
    VServer,
    Pid,
    User,
    Processor,
    Memory,
    Started,
}

/// <summary>A line of the list.</summary>
/// <param name="Depth">How many parents above it are shown; 0 in a flat list.</param>
internal sealed record ProcessRow(ProcessInfo Process, int Depth);

/// <summary>Which processes are shown, and in what order.</summary>
internal sealed record ProcessRows(string Search, ProcessColumn Column, bool IsDescending, bool IsTree)
{
    // deeper ones are moved in no further: a chain of a thousand must not run out of the page
    internal const int DeepestIndent = 12;

    internal List<ProcessRow> Of(IReadOnlyList<ProcessInfo> all)
    {
        var found = Search.Length == 0 ? all : [.. all.Where(Matches)];
        return IsTree ? Tree(all, found) : [.. found.Order(Comparer<ProcessInfo>.Create(Compare)).Select(p => new ProcessRow(p, 0))];
    }

    /// <summary>What was found, below its parents as far as they are known, the children of one sorted.</summary>
    private List<ProcessRow> Tree(IReadOnlyList<ProcessInfo> all, IReadOnlyList<ProcessInfo> found)
    {
        var byPid = new Dictionary<int, ProcessInfo>(all.Count);
        foreach (var process in all)
        {
            byPid[process.Pid] = process;
        }

        var shown = new HashSet<int>();
        foreach (var process in found)
        {
            for (var next = process; next is not null && shown.Add(next.Pid); next = byPid.GetValueOrDefault(next.Parent))
            {
            }
        }

        var children = shown.Select(pid => byPid[pid]).ToLookup(p => shown.Contains(p.Parent) && p.Parent != p.Pid ? p.Parent : 0);
        var order = Comparer<ProcessInfo>.Create(Compare);
        var rows = new List<ProcessRow>(shown.Count);
        var open = new Stack<ProcessRow>(children[0].OrderDescending(order).Select(p => new ProcessRow(p, 0)));
        while (open.TryPop(out var row))
        {
            rows.Add(row);
            foreach (var child in children[row.Process.Pid].OrderDescending(order))
            {
                open.Push(new ProcessRow(child, row.Depth + 1));
            }
        }

        return rows;
    }

    private bool Matches(ProcessInfo process) =>
        process.CommandLine.Contains(Search, StringComparison.OrdinalIgnoreCase)
        || process.Name.Contains(Search, StringComparison.OrdinalIgnoreCase)
        || process.User.Contains(Search, StringComparison.OrdinalIgnoreCase)
        || (process.VServer is { } name && name.Value.Contains(Search, StringComparison.OrdinalIgnoreCase))
        || (int.TryParse(Search, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && (pid == process.Pid || pid == process.InnerPid));

    private int Compare(ProcessInfo a, ProcessInfo b)
    {
        var result = Column switch
        {
            ProcessColumn.Command => string.Compare(a.CommandLine, b.CommandLine, StringComparison.OrdinalIgnoreCase),
            ProcessColumn.VServer => string.Compare(a.VServer?.Value ?? "", b.VServer?.Value ?? "", StringComparison.OrdinalIgnoreCase),
            ProcessColumn.User => string.Compare(a.User, b.User, StringComparison.OrdinalIgnoreCase),
            ProcessColumn.Processor => a.CpuPercent.CompareTo(b.CpuPercent),
            ProcessColumn.Memory => a.ResidentBytes.CompareTo(b.ResidentBytes),
            ProcessColumn.Started => a.StartTicks.CompareTo(b.StartTicks),
            _ => 0,
        };

        // the pid decides between equals, so that rows keep their places from one look to the next
        return result != 0 ? (IsDescending ? -result : result) : Column == ProcessColumn.Pid && IsDescending ? b.Pid.CompareTo(a.Pid) : a.Pid.CompareTo(b.Pid);
    }
}
