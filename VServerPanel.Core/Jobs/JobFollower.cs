using System.Runtime.CompilerServices;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>Follows a job to its end, also where the connection to its host does not hold as long.</summary>
internal static class JobFollower
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    public static async IAsyncEnumerable<WireEvent> FollowAsync(IHostCommand host, string jobId, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = 0;
        while (true)
        {
            WireEvent? last = null;
            var seen = 0;
            await foreach (var wireEvent in host.RunAsync(new HostRequest(["vserver-jobs", "follow", JobId.Check(jobId)]) { IsStream = true }, cancellationToken))
            {
                if (wireEvent.IsLast)
                {
                    last = wireEvent;
                    break;
                }

                // each follower gets the job's lines from its first on
                if (wireEvent is not (HelloEvent or ItemEvent { Kind: ItemKinds.Heartbeat }) && ++seen > told)
                {
                    told = seen;
                    yield return wireEvent;
                }
            }

            if (last is null or ProblemEvent { Code: ProblemCode.Terminated or ProblemCode.Unreachable } && await StillRunsAsync(host, jobId, cancellationToken))
            {
                await Task.Delay(s_pause, time, cancellationToken);
                continue;
            }

            yield return last ?? new ProblemEvent(ProblemCode.Terminated, "The job ended without a result.");
            yield break;
        }
    }

    // Terminated is said of a job that died as well as of a follower that did.
    private static async Task<bool> StillRunsAsync(IHostCommand host, string jobId, CancellationToken cancellationToken)
    {
        try
        {
            var job = await host.AskAsync<JobInfo>(new HostRequest(["vserver-jobs", "show", jobId]), cancellationToken);
            return job.State is JobState.Running;
        }
        catch (HostProblemException e)
        {
            // a host that cannot be reached may be back soon
            return e.Code is ProblemCode.Unreachable;
        }
    }
}
