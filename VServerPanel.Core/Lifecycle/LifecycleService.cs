using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>Starts, stops, restarts and deletes vservers. Each runs as a job on the host and is recorded before it begins.</summary>
public sealed class LifecycleService
{
    /// <summary>Starts a vserver.</summary>
    /// <exception cref="Hosts.HostProblemException">It was refused: running already, no such vserver, busy …</exception>
    public Task<JobHandle> StartAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Stops a vserver: cleanly, then by force after its time-out.</summary>
    /// <exception cref="Hosts.HostProblemException">It was refused.</exception>
    public Task<JobHandle> StopAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Stops a running vserver and starts it again.</summary>
    /// <exception cref="Hosts.HostProblemException">It was refused.</exception>
    public Task<JobHandle> RestartAsync(VServerName name, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>What deleting would do.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<OperationPlan> PlanDeleteAsync(VServerName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Deletes a stopped vserver with all its files.</summary>
    /// <param name="confirmation">The name again, as the user typed it.</param>
    /// <exception cref="Hosts.HostProblemException">It was refused: the confirmation is another name, it is running …</exception>
    public Task<JobHandle> DeleteAsync(VServerName name, string confirmation, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The last lines of the vserver's console.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<LogEvent>> ConsoleAsync(VServerName name, int lines = 200, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
