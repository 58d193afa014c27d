using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Processes;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Processes;

/// <summary>Says what a process is and asks how it is to be ended.</summary>
public sealed partial class EndProcessDialog
{
    private Exception? _problem;
    private bool _asked;

    [Parameter, EditorRequired]
    public ProcessInfo Process { get; set; } = null!;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private ProcessService Processes { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    private async Task SignalAsync(ProcessSignal signal)
    {
        _asked = true;
        try
        {
            await Processes.SignalAsync(Process, signal, await Gate.DemandAsync(Policies.Operate));
            Snackbar.Add(signal == ProcessSignal.Kill ? $"{Process.Name} was killed" : $"{Process.Name} was asked to end", Severity.Normal);
            Dialog.Close();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _asked) = (e, false);
        }
    }
}
