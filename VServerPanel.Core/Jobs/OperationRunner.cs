using System.Threading.Channels;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>Runs operations on the host and sees to it that each is in the audit history: when asked, and how it ended. What cannot be recorded is not done.</summary>
public sealed class OperationRunner(IHostCommand host, AuditService audit, VServerDirectory directory, JobWatcher watcher, TimeProvider time)
{
    /// <summary>Starts an operation as a job that outlives the panel.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public async Task<JobHandle> StartAsync(Operation operation, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();
        var request = new HostRequest(operation.Words, operation.StandardInput) { JobId = operation.Id, Caller = caller, Detach = true };
        await RunRecordedAsync(operation, request, caller, endsHere: false, each: null, howItEnded: null, CancellationToken.None);
        watcher.Watch(operation.Id);
        return new JobHandle(host.HostName, operation.Id, operation.Name, operation.VServer);
    }

    /// <summary>Runs a short operation to its end.</summary>
    /// <exception cref="HostProblemException">It failed or was refused.</exception>
    public Task<ResultEvent> RunAsync(Operation operation, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();
        return RunRecordedAsync(operation, new HostRequest(operation.Words, operation.StandardInput) { JobId = operation.Id, Caller = caller }, caller, endsHere: true, each: null, howItEnded: null, CancellationToken.None);
    }

    /// <summary>Runs an operation that goes on until its input ends, handing on what it says.</summary>
    /// <param name="operation">What.</param>
    /// <param name="input">Lines for it.</param>
    /// <param name="caller">Who.</param>
    /// <param name="each">Told each line of the wire but the last; the operation is held up until it is done with it.</param>
    /// <param name="howItEnded">Asked at the end, for the audit history.</param>
    /// <param name="abandoned">The host is no longer waited for.</param>
    /// <exception cref="HostProblemException">It failed or was refused.</exception>
    internal Task<ResultEvent> RunStreamAsync(Operation operation, ChannelReader<string> input, Caller caller, Func<WireEvent, ValueTask> each, Func<string?> howItEnded, CancellationToken abandoned)
    {
        var request = new HostRequest(operation.Words) { JobId = operation.Id, Caller = caller, IsStream = true, InputLines = input };
        return RunRecordedAsync(operation, request, caller, endsHere: true, each, howItEnded, abandoned);
    }

    // From here on it is not cancelled: who leaves the page must not leave behind an operation of which nobody knows the end.
    private async Task<ResultEvent> RunRecordedAsync(Operation operation, HostRequest request, Caller caller, bool endsHere, Func<WireEvent, ValueTask>? each, Func<string?>? howItEnded, CancellationToken abandoned)
    {
        var asked = Asked(operation, request, caller);
        var began = time.GetTimestamp();
        await audit.RecordAskedAsync(asked);
        try
        {
            var result = await FollowAsync(request, each ?? (_ => ValueTask.CompletedTask), abandoned);
            if (endsHere)
            {
                await audit.RecordEndedAsync(Ended(asked, operation, OperationOutcome.Succeeded, null, time.GetElapsedTime(began)) with { Detail = howItEnded?.Invoke() ?? operation.Detail });
            }

            return result;
        }
        catch (HostProblemException e) when (!endsHere && e.Code is ProblemCode.Terminated)
        {
            // cut off before the answer: whether the job began is found out on the host
            watcher.Watch(operation.Id);
            throw;
        }
        catch (HostProblemException e)
        {
            // cut off: it may have ended well on the host, and then its journal says so
            if (e.Code is ProblemCode.Terminated)
            {
                var (isRead, end) = await watcher.EndByJournalAsync(operation.Id);
                if (end is not null)
                {
                    return end as ResultEvent ?? throw new HostProblemException((ProblemEvent)end);
                }

                if (!isRead)
                {
                    // told when the host answers again
                    watcher.Watch(operation.Id);
                    throw;
                }
            }

            await audit.RecordEndedAsync(Ended(asked, operation, OutcomeOf(e.Problem), e.Problem, time.GetElapsedTime(began)));
            throw;
        }
    }

    private async Task<ResultEvent> FollowAsync(HostRequest request, Func<WireEvent, ValueTask> each, CancellationToken abandoned)
    {
        try
        {
            return await host.FollowToEndAsync(request, each, abandoned);
        }
        catch (OperationCanceledException e) when (abandoned.IsCancellationRequested)
        {
            throw new HostProblemException(ProblemCode.Terminated, $"{request.Words[0]} on {host.HostName} did not end when it was asked to.", e);
        }
    }

    internal static OperationOutcome OutcomeOf(WireEvent last) => last switch
    {
        ResultEvent => OperationOutcome.Succeeded,
        ProblemEvent { Code: ProblemCode.Cancelled } => OperationOutcome.Cancelled,
        _ => OperationOutcome.Failed,
    };

    private AuditDraft Asked(Operation operation, HostRequest request, Caller caller) => new()
    {
        Host = host.HostName,
        OperationId = operation.Id,
        Phase = AuditPhase.Asked,
        Origin = AuditOrigin.Panel,
        Time = time.GetUtcNow(),
        User = caller.UserName,
        Login = Environment.UserName,
        Address = caller.RemoteAddress,
        VServer = operation.VServer?.Value,
        VServerId = operation.VServerId ?? (operation.VServer is { } name ? directory.Find(name)?.Id : null),
        Operation = operation.Name,
        Command = ShellWords.Join(request.Words),
        Detail = operation.Detail,
    };

    private AuditDraft Ended(AuditDraft asked, Operation operation, OperationOutcome outcome, ProblemEvent? problem, TimeSpan duration) => asked with
    {
        Phase = AuditPhase.Ended,
        Time = time.GetUtcNow(),
        Before = operation.Before,
        After = outcome is OperationOutcome.Succeeded ? operation.After : null,
        Outcome = outcome,
        ProblemCode = problem?.Code,
        ProblemMessage = problem?.Message,
        DurationMilliseconds = (long)duration.TotalMilliseconds,
    };
}
