using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Moving;

/// <summary>In what order vservers are moved.</summary>
public enum MoveOrdering
{
    Name,
    StoppedFirst,
    SmallestFirst,
    LargestFirst,
}

/// <summary>A vserver that is to be moved with others, and what both hosts say to it.</summary>
public sealed class MovePlanRow(DirectoryEntry entry, string to)
{
    public DirectoryEntry Entry { get; } = entry;

    /// <summary>The host that it goes to.</summary>
    public string To { get; set; } = to;

    /// <summary>Null while it is not known.</summary>
    public MovePlan? Plan { get; private set; }

    /// <summary>Why there is no plan.</summary>
    public Exception? Problem { get; private set; }

    /// <summary>Whether the user has taken it out.</summary>
    public bool IsLeftOut { get; set; }

    /// <summary>What keeps it here, as a sentence; null where nothing does that is known.</summary>
    public string? Refusal => Plan is { Problems: [var problem, ..] } ? problem.Message : Problem?.Message;

    public bool IsWanted => !IsLeftOut && Refusal is null;

    /// <summary>Sorts them. Pure.</summary>
    public static IReadOnlyList<DirectoryEntry> Order(IEnumerable<DirectoryEntry> entries, MoveOrdering order)
    {
        var byName = entries.OrderBy(e => e.Name.Value, StringComparer.Ordinal);
        return order switch
        {
            MoveOrdering.StoppedFirst => [.. byName.OrderBy(e => e.Status.State == VServerState.Running)],
            MoveOrdering.SmallestFirst => [.. byName.OrderBy(e => e.Status.DiskBytes ?? long.MaxValue)],
            MoveOrdering.LargestFirst => [.. byName.OrderByDescending(e => e.Status.DiskBytes ?? -1)],
            _ => [.. byName],
        };
    }

    /// <summary>Asks for one plan after the other; each is a walk through a tree.</summary>
    public static async Task LookAsync(IReadOnlyList<MovePlanRow> rows, Func<MovePlanRow, Task<MovePlan>> ask, Func<Task> changed, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(ask);
        ArgumentNullException.ThrowIfNull(changed);
        foreach (var row in rows)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                row.Plan = await ask(row);
            }
            catch (HostProblemException e)
            {
                row.Problem = e;
            }

            await changed();
        }
    }
}
