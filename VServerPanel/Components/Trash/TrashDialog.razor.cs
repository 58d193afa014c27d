using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Trash;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Trash;

/// <summary>Asks before a deleted vserver is restored or purged. Its result is the id of the job.</summary>
public sealed partial class TrashDialog
{
    private OperationPlan? _plan;
    private Exception? _problem;
    private string _name = "";
    private bool _asked;

    [Parameter, EditorRequired]
    public TrashItem Item { get; set; } = null!;

    [Parameter, EditorRequired]
    public bool Purges { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private TrashService Trash { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    /// <inheritdoc/>
    protected override Task OnInitializedAsync()
    {
        _name = Item.Name.Value;
        return Purges ? Task.CompletedTask : PlanAsync();
    }

    private Task RenameAsync(ChangeEventArgs e)
    {
        _name = $"{e.Value}".Trim();
        return PlanAsync();
    }

    private async Task PlanAsync()
    {
        var asked = _name;
        (_plan, _problem) = (null, null);
        try
        {
            await Gate.DemandAsync(Policies.Operate);
            var plan = await Trash.PlanRestoreAsync(Item.Id, Name());
            _plan = asked == _name ? plan : _plan;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = asked == _name ? e : _problem;
        }
    }

    private async Task GoAsync()
    {
        _asked = true;
        try
        {
            var caller = await Gate.DemandAsync(Policies.Operate);
            var job = Purges ? await Trash.PurgeAsync(Item, caller) : await Trash.RestoreAsync(Item.Id, Name(), caller);
            Dialog.Close(DialogResult.Ok(job.Id));
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }

    private VServerName Name() => VServerName.TryParse(_name, out var name) ? name : throw new HostProblemException(ProblemCode.InvalidArgument, $"'{_name}' is not a vserver name. {VServerName.Rule}");
}
