using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Unification;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Unification;

/// <summary>Tells how much room vservers need to have files of their own again, and asks. Its result is the id of the job.</summary>
public sealed partial class UndoDialog
{
    private UnificationPlan? _plan;
    private Exception? _problem;
    private bool _asked;

    [Parameter, EditorRequired]
    public IReadOnlyList<VServerName> Names { get; set; } = [];

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private UnificationService Unification { get; set; } = null!;

    [Inject]
    private DiskService Disks { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    // what sharing saves, its undoing takes
    private long Needed => Math.Abs(_plan?.BytesSaved ?? 0);

    private bool TooLittle => _plan is { BytesFree: > 0 } && Needed > _plan.BytesFree;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            _plan = await Unification.PlanUndoAsync(Names);
        }
        catch (Exception e)
        {
            _problem = e;
        }
    }

    private async Task UndoAsync()
    {
        _asked = true;
        try
        {
            var job = await Unification.StartUndoAsync(Names, await Gate.DemandAsync(Policies.Operate));
            Disks.Forget();
            Dialog.Close(DialogResult.Ok(job.Id));
        }
        catch (Exception e)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
