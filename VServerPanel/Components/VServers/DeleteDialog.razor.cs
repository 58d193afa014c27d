using Microsoft.AspNetCore.Components;
using MudBlazor;
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

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private LifecycleService Lifecycle { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            _plan = await Lifecycle.PlanDeleteAsync(Name);
        }
        catch (Exception e)
        {
            _problem = e;
        }
    }

    private async Task DeleteAsync()
    {
        _asked = true;
        try
        {
            var job = await Lifecycle.DeleteAsync(Name, _typed, await Gate.DemandAsync(Policies.Operate));
            Dialog.Close(DialogResult.Ok(job.Id));
        }
        catch (Exception e)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
