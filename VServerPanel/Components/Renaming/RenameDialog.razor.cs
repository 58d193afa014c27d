using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Renaming;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Renaming;

/// <summary>Asks for a new name and shows what renaming would do. Its result is the id of the job.</summary>
public sealed partial class RenameDialog
{
    // one question to the host when the typing rests, not one for each key
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(250);

    private OperationPlan? _plan;
    private Exception? _problem;
    private string _typed = "";
    private VServerName _to;
    private int _edition;
    private bool _asked;

    [Parameter, EditorRequired]
    public VServerName Name { get; set; }

    /// <summary>Whether it runs, and goes on.</summary>
    [Parameter]
    public bool IsRunning { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private RenamingService Renaming { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    private async Task TypeAsync(ChangeEventArgs e)
    {
        var edition = ++_edition;
        _typed = $"{e.Value}".Trim();
        (_plan, _problem) = (null, null);
        if (_typed.Length == 0)
        {
            return;
        }

        await Task.Delay(s_rest);
        if (edition != _edition)
        {
            return;
        }

        try
        {
            var to = VServerName.TryParse(_typed, out var name) ? name : throw new HostProblemException(ProblemCode.InvalidArgument, $"'{_typed}' is not a vserver name. {VServerName.Rule}");
            await Gate.DemandAsync(Policies.Operate);
            var plan = await Renaming.PlanAsync(Name, to);
            (_plan, _to) = edition == _edition ? (plan, to) : (_plan, _to);
        }
        catch (Exception problem) when (problem is HostProblemException or NotAllowedException)
        {
            _problem = edition == _edition ? problem : _problem;
        }
    }

    private async Task RenameAsync()
    {
        _asked = true;
        try
        {
            var job = await Renaming.RenameAsync(Name, _to, await Gate.DemandAsync(Policies.Operate));
            Dialog.Close(DialogResult.Ok(job.Id));
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
