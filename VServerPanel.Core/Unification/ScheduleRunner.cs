using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Renaming;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>Asks for the runs of the schedule when they are due. However many were missed while the panel was away: one is made up.</summary>
internal sealed partial class ScheduleRunner(ScheduleService schedules, UnificationService unification, VServerDirectory directory, FormerNames formerNames, AuditService audit, TimeProvider time, ILogger<ScheduleRunner> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(20);

    // each try is two entries of the history
    private static readonly TimeSpan s_pauseAfterRefusal = TimeSpan.FromMinutes(10);

    private DateTimeOffset _notBefore;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is DbException or DbUpdateException or HostProblemException)
            {
                LogFailed(logger, e.Message);
            }

            await Task.Delay(s_pause, time, stoppingToken);
        }
    }

    /// <summary>Asks for a run if one is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var found = await schedules.FindAsync(cancellationToken);
        if (found?.FollowedJobId is { } job)
        {
            await FollowAsync(job, cancellationToken);
        }

        // before the host has said what vservers there are, "all" would be none
        if (found is not { IsOn: true } record || directory.Snapshot.Connection.State is not DirectoryConnection.Live)
        {
            return;
        }

        record = await FollowNamesAsync(record, cancellationToken);
        var due = ScheduleTimes.Last(record.Read(), time.GetUtcNow(), time.LocalTimeZone);
        if (due > record.DoneUpTo && time.GetUtcNow() >= _notBefore)
        {
            await RunAsync(record, due, cancellationToken);
        }
    }

    // whoever watches the jobs writes down how they end, also of one that ended while the panel was away
    private async Task FollowAsync(string job, CancellationToken cancellationToken)
    {
        if ((await audit.OperationAsync(job, cancellationToken)).FirstOrDefault(e => e.Phase is AuditPhase.Ended) is not { } ended)
        {
            return;
        }

        // somebody ended it on purpose
        var problem = ended.Outcome is OperationOutcome.Succeeded or OperationOutcome.Cancelled ? null : ended.ProblemMessage ?? "Its job failed.";
        if (problem is not null)
        {
            LogEndedBadly(logger, job, problem);
        }

        // another operation held one of them: this run is still due
        var isBusy = ended.ProblemCode is ProblemCode.Busy;
        if (isBusy)
        {
            _notBefore = time.GetUtcNow() + s_pauseAfterRefusal;
        }

        await schedules.ChangeAsync(record =>
        {
            record.FollowedJobId = null;
            record.LastProblem = problem ?? record.LastProblem;
            record.DoneUpTo = isBusy ? record.DoneUpTo.AddSeconds(-1) : record.DoneUpTo;
        });
    }

    // a vserver that was renamed stays in the schedule
    private async Task<ScheduleRecord> FollowNamesAsync(ScheduleRecord record, CancellationToken cancellationToken)
    {
        var schedule = record.Read();
        var names = new Dictionary<VServerName, VServerName>();
        foreach (var name in (schedule.Members ?? []).Append(schedule.Reference!.Value).Distinct())
        {
            names[name] = await formerNames.NowAsync(name, cancellationToken);
        }

        if (names.Any(n => n.Key != n.Value))
        {
            record.Write(schedule with { Reference = names[schedule.Reference.Value], Members = schedule.Members?.Select(m => names[m]).ToList() });
            await schedules.ChangeAsync(r => (r.Reference, r.Members) = (record.Reference, record.Members));
        }

        return record;
    }

    private async Task RunAsync(ScheduleRecord record, DateTimeOffset due, CancellationToken cancellationToken)
    {
        var id = record.PendingJobId ?? JobId.New();
        if (record.PendingJobId is null)
        {
            await schedules.ChangeAsync(r => r.PendingJobId = id);
        }
        else if ((await audit.OperationAsync(id, cancellationToken)).Count > 0)
        {
            // the panel was killed when it had asked
            await FinishAsync(due, id, null);
            return;
        }

        try
        {
            await unification.StartAsync(Request(record.Read()), Caller.Schedule, id, null, cancellationToken);
            await FinishAsync(due, id, null);
        }
        catch (HostProblemException e) when (e.Code is ProblemCode.Terminated)
        {
            // cut off before the answer: whoever watches the job finds out whether it began
            await FinishAsync(due, id, null);
        }
        catch (HostProblemException e) when (e.Code is ProblemCode.Unreachable or ProblemCode.Busy)
        {
            // the refusal is in the history under this id: the next try has one of its own
            LogFailed(logger, e.Message);
            _notBefore = time.GetUtcNow() + s_pauseAfterRefusal;
            await schedules.ChangeAsync(r => (r.LastProblem, r.PendingJobId) = (e.Message, null));
        }
        catch (HostProblemException e)
        {
            LogFailed(logger, e.Message);
            await FinishAsync(due, null, e.Message);
        }
    }

    private UnificationRequest Request(UnificationSchedule schedule)
    {
        var reference = schedule.Reference!.Value;
        var there = directory.Snapshot.Entries.Where(e => e.Status.State is not (VServerState.Incomplete or VServerState.Broken)).Select(e => e.Name).ToList();
        if (!there.Contains(reference))
        {
            throw new HostProblemException(ProblemCode.NotFound, $"The reference {reference} is gone, or has no tree. Choose another one for the schedule.");
        }

        // those of a list that are gone are no reason to leave out the others
        var members = (schedule.Members ?? there).Where(m => m != reference && there.Contains(m)).ToList();
        return members.Count > 0
            ? new UnificationRequest(reference, members, schedule.Scope) { Method = schedule.Method }
            : throw new HostProblemException(ProblemCode.NotFound, $"There is no vserver that {reference} could share files with. Choose others for the schedule.");
    }

    private Task FinishAsync(DateTimeOffset due, string? jobId, string? problem) => schedules.ChangeAsync(record =>
    {
        (record.DoneUpTo, record.PendingJobId) = (due, null);
        (record.LastRun, record.LastJobId, record.LastProblem) = (time.GetUtcNow(), jobId, problem);
        record.FollowedJobId = jobId ?? record.FollowedJobId;
    });

    [LoggerMessage(LogLevel.Warning, "The unification that is due by the schedule could not be begun: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);

    [LoggerMessage(LogLevel.Warning, "The unification by the schedule, job {JobId}, did not succeed: {Problem}")]
    private static partial void LogEndedBadly(ILogger logger, string jobId, string problem);
}
