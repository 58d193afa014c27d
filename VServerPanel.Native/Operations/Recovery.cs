using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>Rolls back or finishes what a crash cut off, and says so in the journal.</summary>
internal static class Recovery
{
    /// <summary>Names that operations which were cut off have beside these: whoever recovers them needs their locks as well.</summary>
    public static IReadOnlyList<VServerName> OtherNames(HostPaths paths, IReadOnlyList<VServerName?> names) =>
        [.. UndoLog.Abandoned(paths)
            .Where(a => names.Any(a.Owner.Concerns))
            .SelectMany(a => a.Owner.Names)
            .Where(n => !names.Contains(n))
            .Distinct()];

    /// <summary>Recovers a renaming that was cut off, from or to this name: which of the two it has is known then.</summary>
    public static void RunIfRenamed(Invocation call, VServerName name)
    {
        if (UndoLog.Abandoned(call.Paths).Any(a => a.Owner.NewName is not null && a.Owner.Concerns(name)))
        {
            // on the wire nothing stands before the operation's own first line
            OperationRunner.Lock(call.Options.Json ? call with { Report = new UnheardReporter() } : call, new OperationKind("recover", name)).Dispose();
        }
    }

    /// <summary>Recovers the operations on one vserver, whose locks the caller holds (<see cref="OtherNames"/>); null: those that concern none.</summary>
    /// <returns>How many there were.</returns>
    public static int Run(Invocation call, VServerName? name)
    {
        var recovered = 0;
        foreach (var (path, owner) in UndoLog.Abandoned(call.Paths).Where(a => a.Owner.Concerns(name)).ToList())
        {
            // what is not there cannot be put back, and must not be taken for done
            TreesMount.Require(call.Paths);
            var (finished, failures) = UndoLog.Recover(call.Paths, path);
            foreach (var failure in failures)
            {
                call.Report.Warn($"Recovering '{owner.Operation}' of {owner.StartedAt:u}: {failure.Message}");
            }

            if (failures.Count > 0)
            {
                throw new ProblemException(ProblemCode.Busy, $"An earlier '{owner.Operation}'{(name is { } n ? $" of {n}" : "")} was cut off and cannot be undone yet: {failures[0].Message}", failures[0]);
            }

            Tell(call, owner, finished);
            recovered++;
        }

        return recovered;
    }

    /// <summary>Recovers everything: at boot. What cannot be recovered is told, and keeps nothing else from it.</summary>
    public static (int Recovered, int Failed) RunAll(Invocation call)
    {
        using var allowance = Kernel.SignalAllowance.Take(call.Paths);
        var (recovered, failed) = (0, 0);
        foreach (var name in UndoLog.Abandoned(call.Paths).Select(a => a.Owner.VServer).Distinct().ToList())
        {
            Try(() =>
            {
                using var held = VServerLocks.Acquire(call.Paths, new OperationKind("recover", name) { AlsoLocked = OtherNames(call.Paths, [name]) });
                recovered += Run(call, name);
            });
        }

        // operations that had nothing to undo yet still need their end on record; one whose log is still there has not ended
        var jobs = new JobStore(call.Paths);
        var interrupted = jobs.List().Where(j => j.State == JobState.Interrupted && !UndoLog.Exists(call.Paths, j.Id)).ToList();
        var ends = call.Journal.FindEnds(interrupted.Select(j => j.Id).ToHashSet(StringComparer.Ordinal));
        foreach (var job in interrupted)
        {
            Try(() =>
            {
                End(call, job.Id, job.Operation, job.VServer, job.Actor, job.Command, job.StartedAt, finished: false, written: ends.GetValueOrDefault(job.Id));
                recovered++;
            });
        }

        Try(call.Journal.TakeIn);

        Sweep(call.Paths);
        jobs.Prune(call.Time.GetUtcNow());
        return (recovered, failed);

        void Try(Action recover)
        {
            try
            {
                recover();
            }
            catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
            {
                failed++;
                call.Report.Warn(ProblemException.ToEvent(e).Message);
            }
        }
    }

    /// <summary>Removes what processes that were killed have left in their own name: locks, and files that were never renamed into place.</summary>
    private static void Sweep(HostPaths paths)
    {
        foreach (var path in Directory.EnumerateFiles(paths.Locks))
        {
            FileLock.TryAcquire(path)?.Dispose();
        }

        foreach (var directory in (string[])[paths.Configuration, paths.RegistryDirectory, paths.Jobs, paths.Undo, paths.Log])
        {
            // console logs that are kept have a dot before their names, and a number behind them; .ID.PID is of JobStore
            DurableFile.RemoveLeftOver(directory, directory == paths.Log ? ".*.new" : ".*");
        }

        DurableFile.RemoveLeftOver(paths.Run, ".names-*");
    }

    private static void Tell(Invocation call, UndoOwner owner, bool finished)
    {
        call.Report.Info($"'{owner.Operation}'{(owner.VServer is { } n ? $" of {n}" : "")}, cut off at {owner.StartedAt:u} or later, has been {(finished ? "finished" : "rolled back")}.");
        End(call, owner.OperationId, owner.Operation, owner.VServer, owner.Actor, owner.Command, owner.StartedAt, finished, finished ? owner.NewName : null);
    }

    private static void End(Invocation call, string id, string operation, VServerName? name, Actor actor, IReadOnlyList<string> command, DateTimeOffset startedAt, bool finished, VServerName? newName = null, JournalEntry? written = null)
    {
        var now = call.Time.GetUtcNow();
        if ((written ?? call.Journal.FindEnd(id)) is { } end)
        {
            // it was cut off after its end was on record: that is how it ended
            Mark(call, id, end.Outcome == OperationOutcome.Succeeded, end.Time);
            return;
        }

        var entry = new JournalEntry
        {
            OperationId = id,
            Phase = JournalPhase.Ended,
            Time = now,
            Actor = actor,
            Operation = operation,
            VServer = name,
            VServerId = (newName ?? name) is { } known ? call.Registry.IdOf(known) : null,
            Command = command,
            Outcome = finished ? OperationOutcome.Succeeded : OperationOutcome.RolledBack,
            Problem = finished ? null : new ProblemEvent(ProblemCode.Terminated, "Its process ended before it was done; what it had done is undone."),
            DurationMilliseconds = (long)(now - startedAt).TotalMilliseconds,
        };
        try
        {
            call.Journal.Append(entry);
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            // who waits for this is perhaps about to make room
            call.Journal.PutAside(entry);
        }

        Mark(call, id, finished, now);
    }

    private static void Mark(Invocation call, string id, bool finished, DateTimeOffset at)
    {
        try
        {
            new JobStore(call.Paths).MarkRecovered(id, finished, at);
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            call.Report.Warn(JobStore.NotMarked(id));
        }
    }
}
