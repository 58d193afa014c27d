using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.VServers;

/// <summary>Asks for the name of a vserver before it is deleted. Its result is the id of the job.</summary>
public sealed partial class DeleteDialog
{
    private OperationPlan? _plan;
    private Exception? _problem;
    private string _typed = "";
    private bool _asked;
    private bool _forGood;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private LifecycleService Lifecycle { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    /// <inheritdoc/>
    protected override Task OnInitializedAsync() => PlanAsync();

    private Task ChangeAsync(ChangeEventArgs e)
    {
        _forGood = e.Value is true;
        return PlanAsync();
    }

    private async Task PlanAsync()
    {
        var asked = _forGood;
        (_plan, _problem) = (null, null);
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            var plan = await Lifecycle.PlanDeleteAsync(Name, asked);
            _plan = asked == _forGood ? plan : _plan;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }
    }

    private async Task DeleteAsync()
    {
        _asked = true;
        try
        {
            var job = await Lifecycle.DeleteAsync(Name, _typed, _forGood, await Gate.DemandAsync(Policies.Operate));
            Dialog.Close(DialogResult.Ok(job.Id));
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
