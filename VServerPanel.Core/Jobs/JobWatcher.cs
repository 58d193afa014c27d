using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>Waits for the ends of jobs, so that they are in the audit history even if no page follows, and though the panel was restarted in between.</summary>
public sealed partial class JobWatcher : BackgroundService
{
    // what was asked for longer ago than this and has no end will not get one: hosts clear their jobs
    private static readonly TimeSpan s_horizon = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    // each follower is a process on the host; when a thousand vservers are restarted at once, the journal tells of the ends of the others
    private const int MostFollowers = 16;

    private readonly IHostCommand _host;
    private readonly AuditService _audit;
    private readonly JournalImporter _journal;
    private readonly TimeProvider _time;
    private readonly ILogger<JobWatcher> _logger;
    private readonly ConcurrentDictionary<string, Lazy<Task<WireEvent>>> _watched = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _followers = new(MostFollowers);
    private readonly CancellationTokenSource _stopping = new();
    private readonly DateTimeOffset _madeAt;
    private bool _disposed;

    internal JobWatcher(IHostCommand host, AuditService audit, JournalImporter journal, TimeProvider time, ILogger<JobWatcher> logger) =>
        (_host, _audit, _journal, _time, _logger, _madeAt) = (host, audit, journal, time, logger, time.GetUtcNow());

    /// <summary>Waits for the end of a job in the background.</summary>
    public void Watch(string jobId) => _ = EndOfAsync(jobId);

    /// <summary>The last event of a job, once it is in the audit history.</summary>
    public Task<WireEvent> EndOfAsync(string jobId) =>
        _watched.GetOrAdd(jobId, id => new Lazy<Task<WireEvent>>(() => Task.Run(() => WatchAsync(id, _stopping.Token)))).Value;

    /// <summary>How an operation ended, as the host's journal tells.</summary>
    /// <returns>Whether the journal could be read, and the end, if it knows one.</returns>
    internal async Task<(bool IsRead, WireEvent? End)> EndByJournalAsync(string operationId)
    {
        var isRead = await ReadJournalAsync(CancellationToken.None);
        return (isRead, await EndedAsync(operationId, CancellationToken.None) is { } ended ? LastOf(ended) : null);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // a host that is disposed while it stops asks twice
        if (!_disposed)
        {
            await _stopping.CancelAsync();
        }

        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _disposed = true;
        _stopping.Dispose();
        _followers.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // what is asked for from now on is watched by whoever asked, once the host has begun it
        foreach (var open in (await _audit.OpenAsync(_time.GetUtcNow() - s_horizon, stoppingToken)).Where(o => o.Time < _madeAt))
        {
            Watch(open.OperationId);
        }
    }

    private async Task<WireEvent> WatchAsync(string jobId, CancellationToken cancellationToken)
    {
        try
        {
            while (!await _followers.WaitAsync(s_look, cancellationToken))
            {
                if (await EndedAsync(jobId, cancellationToken) is { } ended)
                {
                    return LastOf(ended);
                }
            }

            WireEvent last;
            try
            {
                last = await LastAsync(jobId, cancellationToken);
            }
            finally
            {
                _followers.Release();
            }

            if (await EndedAsync(jobId, cancellationToken) is null)
            {
                await ReadJournalAsync(cancellationToken);
                await RecordUnlessToldAsync(jobId, last, cancellationToken);
            }

            return last;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLost(_logger, e, jobId);
            throw;
        }
        finally
        {
            _watched.TryRemove(jobId, out _);
        }
    }

    private async Task<AuditEntry?> EndedAsync(string jobId, CancellationToken cancellationToken) =>
        (await _audit.OperationAsync(jobId, cancellationToken)).FirstOrDefault(e => e.Phase is AuditPhase.Ended);

    private static WireEvent LastOf(AuditEntry ended) => ended.Outcome is OperationOutcome.Succeeded
        ? new ResultEvent()
        : new ProblemEvent(ended.ProblemCode ?? ProblemCode.Internal, ended.ProblemMessage ?? "It failed.");

    private async Task<WireEvent> LastAsync(string jobId, CancellationToken cancellationToken)
    {
        while (true)
        {
            WireEvent? last = null;
            await foreach (var wireEvent in JobFollower.FollowAsync(_host, jobId, _time, cancellationToken))
            {
                last = wireEvent;
            }

            if (last is not ProblemEvent problem || await IsOfTheJobAsync(jobId, cancellationToken))
            {
                return last!;
            }

            LogAgain(_logger, jobId, problem.Message);
            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }

    // A problem may be the job's, or one of the way to the host: then the host cannot be asked about the job either.
    private async Task<bool> IsOfTheJobAsync(string jobId, CancellationToken cancellationToken)
    {
        try
        {
            var job = await _host.AskAsync<JobInfo>(new HostRequest(["vserver-jobs", "show", jobId]), cancellationToken);
            if (job.State is JobState.Interrupted)
            {
                await RecoverAsync(cancellationToken);
            }

            return job.State is not JobState.Running;
        }
        catch (HostProblemException e)
        {
            return e.Code is ProblemCode.NotFound;
        }
    }

    // Its process is gone: what it left half done is undone or finished now, and the journal says which. Otherwise the next operation on that vserver would.
    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _host.RunToEndAsync(new HostRequest(["vserver-jobs", "recover"]) { Caller = Caller.Panel }, cancellationToken: cancellationToken);
        }
        catch (HostProblemException e)
        {
            LogNotRecovered(_logger, _host.HostName, e.Message);
        }
    }

    // The journal tells more of the end than its last line does.
    private async Task<bool> ReadJournalAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _journal.ImportAsync(cancellationToken);
            return !_journal.IsBehind;
        }
        catch (Exception e) when (e is HostProblemException or DbException or DbUpdateException)
        {
            // the importer says what it is if it lasts; the end of the job is recorded from its last line
            _journal.Poke();
            return false;
        }
    }

    private async Task RecordUnlessToldAsync(string jobId, WireEvent last, CancellationToken cancellationToken)
    {
        var told = await _audit.OperationAsync(jobId, cancellationToken);
        if (told.Any(e => e.Phase is AuditPhase.Ended) || told.FirstOrDefault(e => e.Phase is AuditPhase.Asked) is not { } asked)
        {
            return;
        }

        var problem = last is ProblemEvent { Code: ProblemCode.NotFound }
            ? new ProblemEvent(ProblemCode.Terminated, "The host has no record of how it ended: it was never begun, or was cut off.")
            : last as ProblemEvent;
        await _audit.RecordEndedAsync(new AuditDraft
        {
            Host = asked.Host,
            OperationId = asked.OperationId,
            Phase = AuditPhase.Ended,
            Origin = AuditOrigin.Panel,
            Time = _time.GetUtcNow(),
            User = asked.User,
            Login = asked.Login,
            Address = asked.Address,
            VServer = asked.VServer,
            VServerId = asked.VServerId,
            Operation = asked.Operation,
            Command = asked.Command,
            Detail = asked.Detail,
            Outcome = OperationRunner.OutcomeOf(last),
            ProblemCode = problem?.Code,
            ProblemMessage = problem?.Message,
            DurationMilliseconds = (long)(_time.GetUtcNow() - asked.Time).TotalMilliseconds,
        });
    }

    [LoggerMessage(LogLevel.Warning, "Job {JobId} cannot be followed now, trying again: {Problem}")]
    private static partial void LogAgain(ILogger logger, string jobId, string problem);

    [LoggerMessage(LogLevel.Warning, "What was cut off on {Host} could not be recovered yet: {Problem}")]
    private static partial void LogNotRecovered(ILogger logger, string host, string problem);

    [LoggerMessage(LogLevel.Error, "The end of job {JobId} could not be recorded")]
    private static partial void LogLost(ILogger logger, Exception exception, string jobId);
}
