using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>Starts, stops, restarts and deletes vservers. Each runs as a job on the host and is recorded before it begins.</summary>
public sealed class LifecycleService(IHostCommand host, OperationRunner operations)
{
    /// <summary>Starts a vserver.</summary>
    /// <exception cref="HostProblemException">It was refused: running already, no such vserver, busy …</exception>
    public Task<JobHandle> StartAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => RunAsync("start", name, caller, cancellationToken);

    /// <summary>Stops a vserver: cleanly, then by force after its time-out.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> StopAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => RunAsync("stop", name, caller, cancellationToken);

    /// <summary>Stops a running vserver and starts it again.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public Task<JobHandle> RestartAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => RunAsync("restart", name, caller, cancellationToken);

    /// <summary>What deleting would do.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    /// <param name="name">Which.</param>
    /// <param name="forGood">Not to the trash.</param>
    public Task<OperationPlan> PlanDeleteAsync(VServerName name, bool forGood = false, CancellationToken cancellationToken = default) =>
        host.AskAsync<OperationPlan>(new HostRequest(DeleteWords(name, forGood)) { Plan = true }, cancellationToken);

    /// <summary>Puts a stopped vserver with all its files into the trash, or deletes it for good.</summary>
    /// <param name="name">Which.</param>
    /// <param name="confirmation">The name again, as the user typed it.</param>
    /// <param name="forGood">Not to the trash.</param>
    /// <param name="caller">Who asks.</param>
    /// <exception cref="HostProblemException">It was refused: the confirmation is another name, it is running …</exception>
    public Task<JobHandle> DeleteAsync(VServerName name, string confirmation, bool forGood, Caller caller, CancellationToken cancellationToken = default)
    {
        if (confirmation != name.Value)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"Type the name of the vserver, {name}, to confirm that it is to be deleted.");
        }

        return operations.StartAsync(new Operation("delete", name, DeleteWords(name, forGood)), caller, cancellationToken);
    }

    /// <summary>The last lines of the vserver's console.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<IReadOnlyList<LogEvent>> ConsoleAsync(VServerName name, int lines = 200, CancellationToken cancellationToken = default)
    {
        var console = new List<LogEvent>();
        await host.RunToEndAsync(new HostRequest(["vserver", name.Value, "log", "--lines", $"{Math.Clamp(lines, 1, 10_000)}"]), Add, cancellationToken);
        return console;

        void Add(WireEvent wireEvent)
        {
            if (wireEvent is LogEvent line)
            {
                console.Add(line);
            }
        }
    }

    private static string[] DeleteWords(VServerName name, bool forGood) => ["vserver", name.Value, "delete", "--confirm", name.Value, .. forGood ? (string[])["--now"] : []];

    private Task<JobHandle> RunAsync(string verb, VServerName name, Caller caller, CancellationToken cancellationToken) =>
        operations.StartAsync(new Operation(verb, name, ["vserver", name.Value, verb]), caller, cancellationToken);
}
