using Microsoft.AspNetCore.Components;
using MudBlazor;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>What can be asked of a vserver with one click.</summary>
public enum LifecycleAction
{
    Start,
    Stop,
    Restart,
}

/// <summary>Start, stop and restart, as every page does them: ask the gate, ask the service, say how it went.</summary>
public sealed class LifecycleActions(Gate gate, LifecycleService lifecycle, ISnackbar snackbar, IDialogService dialogs, NavigationManager navigation)
{
    private readonly HashSet<VServerName> _asked = [];

    /// <summary>Whether a click is still on its way to the host; the job itself is in the vserver's status.</summary>
    public bool IsAsked(VServerName name) => _asked.Contains(name);

    /// <summary>Whether <paramref name="action"/> makes sense for a vserver as it is now.</summary>
    public bool Allows(LifecycleAction action, VServerStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.JobId is null && !_asked.Contains(status.Name) && action switch
        {
            LifecycleAction.Start => status.State == VServerState.Stopped,
            _ => status.State == VServerState.Running,
        };
    }

    /// <summary>Asks for it; false where it was refused, which the user has been told.</summary>
    public async Task<bool> RunAsync(LifecycleAction action, VServerName name, bool quiet = false)
    {
        if (!_asked.Add(name))
        {
            return false;
        }

        try
        {
            var caller = await gate.DemandAsync(Policies.Operate);
            JobHandle job = action switch
            {
                LifecycleAction.Start => await lifecycle.StartAsync(name, caller),
                LifecycleAction.Stop => await lifecycle.StopAsync(name, caller),
                _ => await lifecycle.RestartAsync(name, caller),
            };
            if (quiet)
            {
                return true;
            }

            snackbar.Add($"{Doing(action)} {name}", Severity.Normal, options =>
            {
                options.Action = "Follow";
                options.OnClick = _ =>
                {
                    navigation.NavigateTo($"jobs/{job.Id}");
                    return Task.CompletedTask;
                };
            });
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var text = ProblemText.Of(e);
            snackbar.Add($"{name}: {text.Title}. {text.Message}", Severity.Error, options => options.RequireInteraction = true);
            return false;
        }
        finally
        {
            _asked.Remove(name);
        }
    }

    /// <summary>Asks the user first where somebody's work would end with it.</summary>
    public async Task<bool> ConfirmAsync(LifecycleAction action, IReadOnlyCollection<VServerName> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (action == LifecycleAction.Start || names.Count == 0)
        {
            return names.Count > 0;
        }

        var what = names.Count == 1 ? names.First().Value : Format.Count(names.Count, "vserver");
        return await dialogs.ShowMessageBoxAsync(
            $"{action} {what}?",
            action == LifecycleAction.Stop
                ? "All that runs in it is asked to end, then made to end. Nobody reaches it until it is started again."
                : "All that runs in it ends, and it starts again. Nobody reaches it for some seconds.",
            yesText: action.ToString(),
            cancelText: "Leave it running") == true;
    }

    private static string Doing(LifecycleAction action) => action switch
    {
        LifecycleAction.Start => "Starting",
        LifecycleAction.Stop => "Stopping",
        _ => "Restarting",
    };
}
