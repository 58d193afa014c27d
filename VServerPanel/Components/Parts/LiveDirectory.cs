using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>A page's own picture of all vservers, brought up to date change by change.</summary>
internal sealed class LiveDirectory
{
    private readonly SortedDictionary<string, DirectoryEntry> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Begins with what is known now, so that the first rendering already has it.</summary>
    internal LiveDirectory(DirectorySnapshot snapshot)
    {
        Connection = snapshot.Connection;
        foreach (var entry in snapshot.Entries)
        {
            _byName[entry.Name.Value] = entry;
        }

        Entries = [.. _byName.Values];
    }

    /// <summary>All of them by name. A new list after each change: grids compare by reference.</summary>
    internal IReadOnlyList<DirectoryEntry> Entries { get; private set; }

    internal ConnectionStatus Connection { get; private set; }

    /// <summary>Whether the first answer of the host is still awaited.</summary>
    internal bool IsLoading => Connection.State == DirectoryConnection.Connecting && Entries.Count == 0;

    internal void Apply(DirectoryChange change)
    {
        Connection = change.Connection;
        if (change.IsReset)
        {
            _byName.Clear();
        }

        foreach (var gone in change.Gone)
        {
            _byName.Remove(gone.Name.Value);
        }

        foreach (var entry in change.Changed)
        {
            _byName[entry.Name.Value] = entry;
        }

        Entries = [.. _byName.Values];
    }

    internal DirectoryEntry? Find(VServerName name) => _byName.GetValueOrDefault(name.Value);

    internal int Count(VServerState state) => Entries.Count(e => e.Status.State == state);
}
