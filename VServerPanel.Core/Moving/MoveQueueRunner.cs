using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>Asks for the moves of the queue in their turn. How one ended is read in the audit history, which knows it however often the panel was killed in between.</summary>
internal sealed partial class MoveQueueRunner(MoveQueueStore store, MoveService moves, VServerDirectory directory, AuditService audit, TimeProvider time, ILogger<MoveQueueRunner> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

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

    /// <summary>Settles what has ended, and begins those whose turn it is.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var move in (await store.OpenAsync(cancellationToken)).Where(m => m.State is QueuedMoveState.Asked))
        {
            await SettleAsync(move, cancellationToken);
        }

        // a host that does not answer is not asked: its turn comes when it is back
        while (directory.Snapshot.Connection.State is DirectoryConnection.Live && Next(await store.OpenAsync(cancellationToken)) is { } next)
        {
            // whoever takes it out of the queue at this moment does so before, or is told that it has begun
            if (await store.TurnAsync(next.JobId, QueuedMoveState.Waiting, QueuedMoveState.Asked))
            {
                await BeginAsync(next, cancellationToken);
            }
        }
    }

    private static QueuedMoveRecord? Next(IReadOnlyList<QueuedMoveRecord> open)
    {
        var underWay = open.Count(m => m.State is QueuedMoveState.Asked);
        return open.FirstOrDefault(m => m.State is QueuedMoveState.Waiting) is { } next && underWay < next.AtOnce ? next : null;
    }

    private async Task SettleAsync(QueuedMoveRecord move, CancellationToken cancellationToken)
    {
        var told = await audit.OperationAsync(move.JobId, cancellationToken);
        if (told.FirstOrDefault(e => e.Phase is AuditPhase.Ended) is { } ended)
        {
            await FinishAsync(move, ended);
        }
        else if (told.Count == 0 && directory.Snapshot.Connection.State is DirectoryConnection.Live)
        {
            // the panel was killed between taking it up and asking
            await BeginAsync(move, cancellationToken);
        }
    }

    private async Task BeginAsync(QueuedMoveRecord move, CancellationToken cancellationToken)
    {
        // by its id: it may have another name by now
        if (directory.Snapshot.Entries.FirstOrDefault(e => e.Id == move.VServerId) is not { } entry)
        {
            await FinishAsync(move, QueuedMoveState.Failed, $"{move.VServer} is not on this host any more.");
            return;
        }

        try
        {
            await moves.StartAsync(entry.Name, move.Request, move.Caller, move.JobId, "From the queue of moves.", cancellationToken);
        }
        catch (HostProblemException e)
        {
            // what was refused is in the history as such; of what was cut off, whoever watches the job finds out whether it began
            LogFailed(logger, e.Message);
            if ((await audit.OperationAsync(move.JobId, cancellationToken)).FirstOrDefault(a => a.Phase is AuditPhase.Ended) is { } ended)
            {
                await FinishAsync(move, ended);
            }
        }
    }

    private Task FinishAsync(QueuedMoveRecord move, AuditEntry ended) => ended.Outcome switch
    {
        OperationOutcome.Succeeded => FinishAsync(move, QueuedMoveState.Succeeded, null),
        OperationOutcome.Cancelled => FinishAsync(move, QueuedMoveState.Cancelled, ended.ProblemMessage),
        OperationOutcome.RolledBack => FinishAsync(move, QueuedMoveState.Failed, ended.ProblemMessage ?? "It was cut off, and what it had done is undone."),
        _ => FinishAsync(move, QueuedMoveState.Failed, ended.ProblemMessage ?? "It failed."),
    };

    // What stood in the way of one may stand in the way of the others, so these wait for a word. Those under way go on.
    private async Task FinishAsync(QueuedMoveRecord move, QueuedMoveState state, string? problem)
    {
        if (state is not QueuedMoveState.Succeeded)
        {
            await store.TurnBatchAsync(move.BatchId, QueuedMoveState.Waiting, QueuedMoveState.Held, $"{move.VServer} could not be moved.");
        }

        await store.TurnAsync(move.JobId, QueuedMoveState.Asked, state, problem);
    }

    [LoggerMessage(LogLevel.Warning, "A move of the queue could not be begun: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);
}
