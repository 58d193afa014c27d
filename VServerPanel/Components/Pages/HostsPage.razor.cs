using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Components.Hosts;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Hosts;
using VServerPanel.Identity;

namespace VServerPanel.Components.Pages;

/// <summary>/hosts: all hosts of this panel, live. One that does not answer holds up nothing.</summary>
public sealed partial class HostsPage
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private IReadOnlyList<HostState> _hosts = [];
    private IReadOnlyList<KnownHost> _known = [];
    private Exception? _problem;
    private bool _busy;

    [Inject]
    private Fleet Fleet { get; set; } = null!;

    [Inject]
    private CurrentHost Current { get; set; } = null!;

    [Inject]
    private HostCatalogue Catalogue { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        await Gate.DemandAsync(Policies.Operate);
        _known = await Catalogue.ListAsync();
        _hosts = Fleet.States;
    }

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var hosts in Fleet.WatchAsync(stopping))
        {
            if (!hosts.Select(h => h.Name).SequenceEqual(_hosts.Select(h => h.Name), StringComparer.Ordinal))
            {
                _known = await Catalogue.ListAsync(stopping);
            }

            _hosts = hosts;
            foreach (var host in hosts.Where(h => h.Connection.State is DirectoryConnection.Live && _asked.Add(h.Name)))
            {
                _ = AskAsync(host.Name, stopping);
            }

            await InvokeAsync(StateHasChanged);
            await Task.Delay(s_pace, stopping);
        }
    }

    /// <summary>Asks a host for its version, while the others are shown.</summary>
    private async Task AskAsync(string name, CancellationToken stopping)
    {
        try
        {
            if (Fleet.Find(name) is { } host)
            {
                await host.Get<HostService>().InfoAsync(cancellationToken: stopping);
                await InvokeAsync(StateHasChanged);
            }
        }
        catch (Exception e) when (e is HostProblemException or OperationCanceledException)
        {
            // its state says that it does not answer; asked again when it is back
            _asked.Remove(name);
        }
    }

    private async Task RemoveAsync(HostState host)
    {
        var dialog = await Dialogs.ShowAsync<RemoveHostDialog>($"Remove {host.Name}?", new DialogParameters<RemoveHostDialog> { { d => d.Name, host.Name } });
        if (await dialog.Result is not { Canceled: false })
        {
            return;
        }

        await ChangeAsync(host, async () => await Catalogue.RemoveAsync(host.Name, await Gate.DemandAsync(Policies.Administer)));
    }

    private async Task RelabelAsync(HostState host) => await Dialogs.ShowAsync<HostLabelDialog>($"Show {host.Label} under another name", new DialogParameters<HostLabelDialog> { { d => d.Host, host } });

    private async Task SwitchAsync(HostState host)
    {
        var isSure = host.IsOff || await Dialogs.ShowMessageBoxAsync(
            $"Switch {host.Label} off in this panel?",
            "The panel asks nothing of it any more, and closes its connection within half a minute: terminals there end, and its pages say that it is switched off. What runs there goes on, jobs too; moves that wait in its queue wait on. Switched on again, its journal tells what was done there meanwhile.",
            yesText: "Switch off",
            cancelText: "Leave it on") == true;
        if (isSure)
        {
            await ChangeAsync(host, async () => await Catalogue.SwitchAsync(host.Name, !host.IsOff, await Gate.DemandAsync(Policies.Administer)));
        }
    }

    /// <summary>Changes a host; a page of its own cannot go on with the services that it had.</summary>
    private async Task ChangeAsync(HostState host, Func<Task> change)
    {
        _busy = true;
        try
        {
            await change();
            _problem = null;
            if (host.Name == Current.Services.Name)
            {
                Navigation.NavigateTo(HostPath.Of(Fleet.Own) + "hosts", forceLoad: true);
            }
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _busy = false;
    }
}
