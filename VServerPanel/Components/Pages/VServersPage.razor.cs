using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/vservers: all of them, live.</summary>
public sealed partial class VServersPage
{
    /// <summary>Changes are drawn at most this often, however many there are.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(400);

    private static readonly VServerState[] s_states =
        [VServerState.Running, VServerState.Stopped, VServerState.Starting, VServerState.Stopping, VServerState.Standby, VServerState.Incomplete, VServerState.Broken];

    private readonly HashSet<VServerName> _selected = [];
    private LiveDirectory _directory = null!;
    private List<DirectoryEntry> _shown = [];
    private string _search = "";
    private VServerState? _state;
    private bool _mayOperate;

    [Inject]
    private VServerDirectory Directory { get; set; } = null!;

    [Inject]
    private NameSelections Selections { get; set; } = null!;

    [Inject]
    private LifecycleActions Actions { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private IAuthorizationService Authorization { get; set; } = null!;

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "state")]
    private string? StateText { get; set; }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _directory = new LiveDirectory(Directory.Snapshot);
        _state = Enum.TryParse<VServerState>(StateText, ignoreCase: true, out var state) ? state : null;
        _mayOperate = (await Authorization.AuthorizeAsync((await Authentication).User, Policies.Operate)).Succeeded;
        Filter();
    }

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var change in Directory.WatchAsync(stopping))
        {
            _directory.Apply(change);
            _selected.RemoveWhere(name => _directory.Find(name) is null);
            Filter();
            await InvokeAsync(StateHasChanged);
            await Task.Delay(s_pace, stopping);
        }
    }

    private void Show(VServerState? state)
    {
        _state = state;
        Filter();
    }

    private void Filter() => _shown = [.. _directory.Entries.Where(e => (_state is null || e.Status.State == _state) && Matches(e.Status, _search.Trim()))];

    private static bool Matches(VServerStatus status, string search) =>
        search.Length == 0
        || status.Name.Value.Contains(search, StringComparison.OrdinalIgnoreCase)
        || status.Hostname.Contains(search, StringComparison.OrdinalIgnoreCase)
        || status.Description.Contains(search, StringComparison.OrdinalIgnoreCase)
        || status.Distribution.Contains(search, StringComparison.OrdinalIgnoreCase)
        || status.Addresses.Any(a => a.Contains(search, StringComparison.OrdinalIgnoreCase));

    private void Select(VServerName name, bool selected)
    {
        if (selected)
        {
            _selected.Add(name);
        }
        else
        {
            _selected.Remove(name);
        }
    }

    private void SelectAll(ChangeEventArgs change)
    {
        foreach (var entry in _shown)
        {
            Select(entry.Name, change.Value is true);
        }
    }

    /// <summary>Those of the selected for which an action makes sense.</summary>
    private IEnumerable<VServerName> Able(LifecycleAction action) => _selected.Where(name => _directory.Find(name) is { } entry && Actions.Allows(action, entry.Status));

    private async Task RunSelectedAsync(LifecycleAction action)
    {
        var names = Able(action).ToList();
        if (!await Actions.ConfirmAsync(action, names))
        {
            return;
        }

        foreach (var name in names)
        {
            if (!await Actions.RunAsync(action, name, quiet: names.Count > 3))
            {
                // What is wrong with one is often wrong with all: let the user look before going on.
                break;
            }

            _selected.Remove(name);
            StateHasChanged();
        }
    }
}
