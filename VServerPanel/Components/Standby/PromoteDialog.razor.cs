using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Standby;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Standby;

/// <summary>Asks for the word that the other host is off before a copy becomes the real one.</summary>
public sealed partial class PromoteDialog
{
    // a host's vservers change all the time
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(500);

    private OriginalSight _sight = null!;
    private PromotePlan? _plan;
    private string? _profile;
    private Exception? _problem;
    private string _typed = "";
    private string _fenced = "";
    private bool _asked;

    /// <summary>The copy, as it was when he asked.</summary>
    [Parameter, EditorRequired]
    public VServerStatus Status { get; set; } = null!;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private StandbyService Standby { get; set; } = null!;

    [Inject]
    private OriginalWatch Originals { get; set; } = null!;

    [Inject]
    private Fleet Fleet { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <summary>Whether its first host is up, so that what is asked for is a word about the vserver.</summary>
    private bool IsThere => _sight.State is OriginalState.Running or OriginalState.Off or OriginalState.Copy;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _sight = Originals.Look(Status);
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            _plan = await Standby.PlanPromoteAsync(Status.Name);
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
    }

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        await foreach (var _ in Fleet.WatchAsync(stopping))
        {
            if (Originals.Look(Status) is var seen && seen != _sight)
            {
                _sight = seen;
                await InvokeAsync(StateHasChanged);
            }

            await Task.Delay(s_pace, stopping);
        }
    }

    private async Task ChooseAsync(ChangeEventArgs change)
    {
        try
        {
            var chosen = change.Value as string;
            _plan = await Standby.PlanPromoteAsync(Status.Name, chosen);
            (_profile, _problem) = (chosen, null);
        }
        catch (HostProblemException e)
        {
            _problem = e;
        }
    }

    private async Task PromoteAsync()
    {
        (_asked, _problem) = (true, null);
        try
        {
            Dialog.Close(DialogResult.Ok(await Standby.PromoteAsync(Status, _typed, _fenced, _profile, await Gate.DemandAsync(Policies.Operate))));
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
