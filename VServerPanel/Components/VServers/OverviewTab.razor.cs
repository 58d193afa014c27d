using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Components.Renaming;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.VServers;

/// <summary>What a vserver is and does now, whose it is, and its end.</summary>
public sealed partial class OverviewTab
{
    private IReadOnlyList<Tenant> _tenants = [];
    private Tenant? _tenant;
    private Exception? _problem;

    [Parameter, EditorRequired]
    public DirectoryEntry Entry { get; set; } = null!;

    [Inject]
    private TenantService Tenants { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private VServerStatus Status => Entry.Status;

    private bool CanBeRenamed => Status.State is VServerState.Running or VServerState.Stopped or VServerState.Broken or VServerState.Standby;

    private bool CanBeDeleted => Status.State is VServerState.Stopped or VServerState.Broken or VServerState.Standby or VServerState.Incomplete;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _tenants = await Tenants.ListAsync();
        _tenant = await Tenants.OfVServerAsync(Entry.Id);
    }

    private async Task AssignAsync(ChangeEventArgs change)
    {
        try
        {
            var caller = await Gate.DemandAsync(Policies.Operate);
            if (Guid.TryParse(change.Value as string, out var tenantId))
            {
                await Tenants.AssignAsync(tenantId, Entry.Id, caller);
            }
            else
            {
                await Tenants.UnassignAsync(Entry.Id, caller);
            }

            _tenant = await Tenants.OfVServerAsync(Entry.Id);
            _problem = null;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
    }

    private async Task RenameAsync()
    {
        var dialog = await Dialogs.ShowAsync<RenameDialog>($"Rename {Entry.Name}", new DialogParameters<RenameDialog> { { d => d.Name, Entry.Name }, { d => d.IsRunning, Status.State == VServerState.Running } });
        if (await dialog.Result is { Canceled: false, Data: string jobId })
        {
            Navigation.NavigateTo($"jobs/{jobId}");
        }
    }

    private async Task DeleteAsync()
    {
        var dialog = await Dialogs.ShowAsync<DeleteDialog>($"Delete {Entry.Name}?", new DialogParameters<DeleteDialog> { { d => d.Name, Entry.Name } });
        if (await dialog.Result is { Canceled: false, Data: string jobId })
        {
            Navigation.NavigateTo($"jobs/{jobId}");
        }
    }
}
