using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>For the first host after a fail-over: the vserver here becomes the copy of the one that was promoted elsewhere.</summary>
public sealed class StepDownService(VServerDirectory directory, LifecycleService lifecycle, JobWatcher jobs, OperationRunner operations)
{
    /// <summary>Stops it where it runs, and marks it as the copy; from then on it is not started, at boot neither.</summary>
    /// <param name="name">Which.</param>
    /// <param name="peer">Where the real one is now, as this host calls it.</param>
    /// <param name="caller">Who.</param>
    /// <exception cref="HostProblemException">It could not be stopped, or the host refused: it is a copy already …</exception>
    public async Task RunAsync(VServerName name, string peer, Caller caller)
    {
        if (IsUp(directory.Find(name)?.Status.State))
        {
            await StopAsync(name, caller);
        }

        await operations.RunAsync(new Operation("standby", name, StandbyCommand.MarkWords(name, peer)), caller);
    }

    /// <summary>Whether one in that state has to be stopped first.</summary>
    public static bool IsUp(VServerState? state) => state is VServerState.Running or VServerState.Starting or VServerState.Stopping;

    private async Task StopAsync(VServerName name, Caller caller)
    {
        try
        {
            var stop = await lifecycle.StopAsync(name, caller);
            if (await jobs.EndOfAsync(stop.Id) is ProblemEvent problem)
            {
                throw new HostProblemException(problem);
            }
        }
        catch (HostProblemException e) when (e.Code is ProblemCode.NotRunning)
        {
            // it has ended meanwhile
        }
    }
}
