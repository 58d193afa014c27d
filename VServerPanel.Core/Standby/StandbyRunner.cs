using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>Has the host copy what is due, where no timer of its own does (a host without systemd). Beside such a timer it finds nothing to do.</summary>
internal sealed partial class StandbyRunner(IHostCommand host, TimeProvider time, ILogger<StandbyRunner> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    // a timer has had its turn by then
    private static readonly TimeSpan s_overdue = TimeSpan.FromMinutes(2);

    private string? _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_pause, time, stoppingToken);
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (HostProblemException e)
            {
                LogFailed(logger, e.Message);
            }
        }
    }

    /// <summary>Asks for what is due if anything is. That goes on as a job.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var kept = await host.ListAsync<StandbyInfo>(new HostRequest(["vserver-standby", "list"]), ItemKinds.Standby, cancellationToken);
        if (!kept.Any(s => s.NextAt + s_overdue <= time.GetUtcNow() && !s.IsAtWork) || await IsAtItAsync(cancellationToken))
        {
            return;
        }

        // each copying is an operation of the host's own, on record there; one that fails is told by the list
        _last = JobId.New();
        await host.RunToEndAsync(new HostRequest(["vserver-standby", "run-due"]) { Detach = true, JobId = _last, Caller = Caller.Schedule }, cancellationToken: cancellationToken);
    }

    // one vserver may take hours, and the next ones become overdue meanwhile: the job takes them, too, one after the other
    private async Task<bool> IsAtItAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _last is not null && (await host.AskAsync<JobInfo>(new HostRequest(["vserver-jobs", "show", _last]), cancellationToken)).State is JobState.Running;
        }
        catch (HostProblemException e) when (e.Code is ProblemCode.NotFound)
        {
            // none was begun: something else copies there
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Standby copies that are due could not be made: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);
}
