using System.Runtime.CompilerServices;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>The jobs of the host: they live there, and are found again after a restart of the panel.</summary>
public sealed class JobService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);

    private readonly IHostCommand _host;
    private readonly OperationRunner _operations;
    private readonly CreationStore _creations;
    private readonly TimeProvider _time;

    internal JobService(IHostCommand host, OperationRunner operations, CreationStore creations, TimeProvider time) =>
        (_host, _operations, _creations, _time) = (host, operations, creations, time);

    /// <summary>All that a job has said from its start, then what it says until its end. The last event is its result or problem.</summary>
    /// <remarks>Where only the follower was cut off and the job still runs, it is taken up again and nothing is told twice. A job that is to begin later, when
    /// another one is done, is waited for.</remarks>
    public async IAsyncEnumerable<WireEvent> FollowAsync(string jobId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // asked before the host is: it may begin in between
            var isToCome = await _creations.WillStartAsync(jobId, cancellationToken);
            var isMissing = false;
            await foreach (var wireEvent in JobFollower.FollowAsync(_host, jobId, _time, cancellationToken))
            {
                isMissing = isToCome && wireEvent is ProblemEvent { Code: ProblemCode.NotFound };
                if (!isMissing)
                {
                    yield return wireEvent;
                }
            }

            if (!isMissing)
            {
                yield break;
            }

            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }

    /// <summary>The host's jobs, newest first.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var jobs = await _host.ListAsync<JobInfo>(new HostRequest(["vserver-jobs", "list"]), ItemKinds.Job, cancellationToken);
        return [.. jobs.OrderByDescending(j => j.StartedAt)];
    }

    /// <summary>One job.</summary>
    /// <exception cref="HostProblemException">There is none of this id, or the host does not answer.</exception>
    public Task<JobInfo> ShowAsync(string jobId, CancellationToken cancellationToken = default) =>
        _host.AskAsync<JobInfo>(new HostRequest(["vserver-jobs", "show", JobId.Check(jobId)]), cancellationToken);

    /// <summary>Asks a job to stop and to undo what it did.</summary>
    /// <exception cref="HostProblemException">It has ended, or the host does not answer.</exception>
    public async Task CancelAsync(string jobId, Caller caller, CancellationToken cancellationToken = default)
    {
        var job = await ShowAsync(jobId, cancellationToken);
        await _operations.RunAsync(new Operation("cancel", job.VServer, ["vserver-jobs", "cancel", jobId]), caller, cancellationToken);
    }
}
