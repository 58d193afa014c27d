using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/all: the vservers of all hosts, live. Those of a host that does not answer are shown as last known, and the page says so.</summary>
public sealed partial class AllVServersPage
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(800);

    private static readonly VServerState[] s_states =
        [VServerState.Running, VServerState.Stopped, VServerState.Starting, VServerState.Stopping, VServerState.Standby, VServerState.Incomplete, VServerState.Broken];

    private IReadOnlyList<HostState> _hosts = [];
    private List<Row> _all = [];
    private List<Row> _shown = [];
    private string _search = "";
    private VServerState? _state;

    [Inject]
    private Fleet Fleet { get; set; } = null!;

    [Inject]
    private CurrentHost Current { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized() => Take(Fleet.States);

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var hosts in Fleet.WatchAsync(stopping))
        {
            Take(hosts);
            await InvokeAsync(StateHasChanged);
            await Task.Delay(s_pace, stopping);
        }
    }

    private void Take(IReadOnlyList<HostState> hosts)
    {
        _hosts = hosts;
        _all = [.. Fleet.All.SelectMany(h => h.Directory.Snapshot.Entries.Select(e => new Row(h, e))).OrderBy(r => r.Entry.Name.Value, StringComparer.OrdinalIgnoreCase)];
        Filter();
    }

    private void Show(VServerState? state)
    {
        _state = state;
        Filter();
    }

    private int Count(VServerState state) => _all.Count(r => r.Entry.Status.State == state);

    private void Filter() => _shown = [.. _all.Where(r => (_state is null || r.Entry.Status.State == _state) && Matches(r, _search.Trim()))];

    private static bool Matches(Row row, string search) =>
        search.Length == 0
        || ((IEnumerable<string>)[row.Host.Name, row.Host.Label, row.Entry.Name.Value, row.Entry.Status.Hostname, row.Entry.Status.Description, row.Entry.Status.Distribution, .. row.Entry.Status.Addresses]).Any(t => t.Contains(search, StringComparison.OrdinalIgnoreCase));

    /// <summary>A vserver of a host.</summary>
    private sealed record Row(HostServices Host, DirectoryEntry Entry);
}
