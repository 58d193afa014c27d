using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>Runs a change as every change is run: detached if asked, journalled before and after, locked, undone if it fails.</summary>
internal static class OperationRunner
{
    /// <param name="call">Who asked for what.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="body">The change. What it returns is the result; the text is for people.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="Exception">Whatever failed, after it was undone and journalled; the dispatcher reports it.</exception>
    public static int Run(Invocation call, OperationKind kind, Func<Operation, (JsonElement? Data, string? Human)> body)
    {
        var id = call.Options.JobId ?? Guid.NewGuid().ToString("n");
        if (call.Options.Detach && !call.Options.IsWorker && kind.IsJob)
        {
            return DetachedJob.Start(call, id);
        }

        using var early = kind.IsStillWanted is null ? null : Lock(call, kind);
        if (kind.IsStillWanted?.Invoke() == false)
        {
            return ExitCodes.Success;
        }

        // whoever signals into a vserver is on record, or is refused
        using var allowance = Kernel.SignalAllowance.Take(call.Paths);
        using var record = new OperationRecord(call, kind, id);
        record.Begin();
        var owner = new UndoOwner(id, kind.Name, kind.VServer, call.Actor, call.Words, call.Time.GetUtcNow(), Environment.ProcessId, ProcessIdentity.StartOf(Environment.ProcessId), ProcessIdentity.BootId)
        {
            NewName = kind.NewName,
            Others = kind.IsChangingAll && kind.AlsoLocked.Count > 0 ? kind.AlsoLocked : null,
        };
        using var undo = new UndoLog(call.Paths, owner, kind.IsDurable, kind.OnFullDisk != FullDiskRule.Refuse);
        var operation = new Operation(id, call, record.Report, undo);
        (JsonElement? Data, string? Human) result;
        try
        {
            using var locks = early ?? Lock(call, kind);
            operation.VServerId = kind.VServerId ?? (kind.VServer is { } known && call.Registry.Exists(known) ? call.Registry.IdOf(known) : null);
            try
            {
                result = body(operation);
                undo.Complete();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // the locks are still held: nobody sees it half undone
                foreach (var failure in undo.Abort())
                {
                    record.Report.Warn($"This could not be undone and will be tried again by 'vserver-jobs recover': {failure.Message}");
                }

                throw;
            }

            FaultPoint.Reach();
            record.End(operation, OperationOutcome.Succeeded, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var problem = ProblemException.ToEvent(e);
            var outcome = e is OperationCanceledException ? OperationOutcome.Cancelled : OperationOutcome.Failed;
            record.End(operation, outcome, problem);
            record.Report.Write(problem);
            record.Close(outcome, problem);
            throw;
        }

        kind.Afterwards?.Invoke(operation);
        record.Report.Result(result.Data, result.Human);

        // in this order: who follows reads the result before he sees that the job has ended, and a crash in between finds the log, which says "finished"
        FaultPoint.Reach();
        record.Close(OperationOutcome.Succeeded, null);

        // behind a power cut it is all that tells how it ended; there is nothing more to be done in it
        if (record.HasEndOnDisk || !kind.IsDurable)
        {
            undo.Forget();
        }

        return ExitCodes.Success;
    }

    /// <summary>Takes the locks, and rolls back or finishes what was cut off on this vserver.</summary>
    internal static VServerLocks Lock(Invocation call, OperationKind kind)
    {
        IReadOnlyList<VServerName?> names = [kind.VServer, kind.NewName, .. kind.AlsoLocked.Select(v => (VServerName?)v)];
        while (true)
        {
            // what was cut off may concern others, too, and perhaps is cut off while we wait
            var others = kind.IsLocked ? Recovery.OtherNames(call.Paths, names) : [];
            var locks = VServerLocks.Acquire(call.Paths, kind with { AlsoLocked = [.. kind.AlsoLocked, .. others] }, call.Cancel);
            try
            {
                if (!kind.IsLocked)
                {
                    return locks;
                }

                if (!Recovery.OtherNames(call.Paths, names).Except(others).Any())
                {
                    Recovery.Run(call, kind.VServer);
                    foreach (var name in names.Skip(1).OfType<VServerName>())
                    {
                        Recovery.Run(call, name);
                    }

                    return locks;
                }
            }
            catch
            {
                locks.Dispose();
                throw;
            }

            locks.Dispose();
        }
    }
}
