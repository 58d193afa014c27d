using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Unification;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Unification;

/// <summary>Tells how much room vservers need to have files of their own again, and asks. Its result is the id of the job.</summary>
public sealed partial class UndoDialog
{
    private UnificationPlan? _plan;
    private long _needed;
    private long _free;
    private Exception? _problem;
    private bool _asked;

    /// <summary>One, or several of which the first keeps what is there.</summary>
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

    /// <summary>Those that are given files of their own.</summary>
    private IReadOnlyList<VServerName> Changed => Names.Count > 1 ? [.. Names.Skip(1)] : Names;

    private bool TooLittle => _needed > _free;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            var plan = await Unification.PlanUndoAsync(Names);

            // all that they share now is copied
            var disk = await Disks.MeasureAsync(refresh: true);
            _needed = Math.Max(Math.Abs(plan.BytesSaved), Changed.Sum(n => disk.Of(n)?.SharedBytes ?? 0));
            _free = disk.Disk.BytesFree;
            _plan = plan;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
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
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
