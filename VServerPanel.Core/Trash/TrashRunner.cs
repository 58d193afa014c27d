using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Hosts;

namespace VServerPanel.Core.Trash;

/// <summary>Purges once a day what has been in the trash for its time. Each is an operation of the panel's own in the history.</summary>
internal sealed partial class TrashRunner(TrashService trash, TimeProvider time, ILogger<TrashRunner> logger) : BackgroundService
{
    // not while the panel starts
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(s_firstPause, time, stoppingToken);
        while (true)
        {
            try
            {
                await PurgeExpiredAsync(stoppingToken);
            }
            catch (Exception e) when (e is DbException or DbUpdateException or HostProblemException)
            {
                LogFailed(logger, e.Message);
            }

            await Task.Delay(s_pause, time, stoppingToken);
        }
    }

    /// <summary>Asks for the purge of each whose time is over; one that is refused keeps none of the others.</summary>
    internal async Task PurgeExpiredAsync(CancellationToken cancellationToken)
    {
        foreach (var item in (await trash.ListAsync(cancellationToken: cancellationToken)).Where(i => i.PurgeAfter <= time.GetUtcNow()))
        {
            try
            {
                await trash.PurgeAsync(item, Caller.Panel, cancellationToken);
            }
            catch (HostProblemException e)
            {
                LogFailed(logger, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "What has been in the trash for its time could not be purged: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);
}
