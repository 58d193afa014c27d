using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>The jobs of the host: they live there, and are found again after a restart of the panel.</summary>
public sealed class JobService
{
    /// <summary>All that a job has said from its start, then what it says until its end. The last event is its result or problem.</summary>
    public IAsyncEnumerable<WireEvent> FollowAsync(string jobId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The host's jobs, newest first.</summary>
    /// <exception cref="Hosts.HostProblemException">The host does not answer.</exception>
    public Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>One job.</summary>
    /// <exception cref="Hosts.HostProblemException">There is none of this id, or the host does not answer.</exception>
    public Task<JobInfo> ShowAsync(string jobId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Asks a job to stop and to undo what it did.</summary>
    /// <exception cref="Hosts.HostProblemException">It has ended, or the host does not answer.</exception>
    public Task CancelAsync(string jobId, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
