using VServerPanel.Native.Commands;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Standby.Keeping;
using VServerPanel.Native.Standby.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>Copies what is due, one after the other, each as an operation of its own. Called each minute, by a timer or by the panel: a second one has nothing to do.</summary>
internal static class DueRun
{
    public static int Run(Invocation call)
    {
        if (call.Options.IsWorker)
        {
            return OperationRunner.Run(call, new OperationKind("standby-run-due", null) { IsLocked = false }, _ => (null, CopyAll(call) ? null : "Not all could be copied."));
        }

        if (call.Options.Detach && Next(call, []) is not null)
        {
            // one that copies for hours is asked each minute: a job that would end at once is none
            if (IsAtWork(call))
            {
                call.Report.Result(null, "Copies that are due are being made already.");
                return ExitCodes.Success;
            }

            return DetachedJob.Start(call, call.Options.JobId ?? Guid.NewGuid().ToString("n"));
        }

        var all = CopyAll(call);
        call.Report.Result(null, null);
        return all ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static bool CopyAll(Invocation call)
    {
        using var alone = TryBeAlone(call);
        if (alone is null)
        {
            return true;
        }

        Sweep(call);
        HashSet<string> tried = [];
        var failed = 0;

        // those that have become due meanwhile, too; each once
        while (!call.Cancel.IsCancellationRequested && Next(call, tried) is { } standby)
        {
            tried.Add(standby.Id);
            failed += Copy(call, standby) ? 0 : 1;
        }

        return failed == 0;
    }

    private static bool IsAtWork(Invocation call)
    {
        using var alone = TryBeAlone(call);
        return alone is null;
    }

    private static FileLock? TryBeAlone(Invocation call) => FileLock.TryAcquire($"{call.Paths.Locks}/.standby-due");

    private static KeptStandby? Next(Invocation call, HashSet<string> tried) => new KeptStandbyStore(call.Paths).List(damaged => call.Report.Warn(damaged.Message))
        .Where(s => s.NextAt <= call.Time.GetUtcNow() && !tried.Contains(s.Id) && NameOf(call, s) is not null)
        .MinBy(s => s.NextAt);

    private static bool Copy(Invocation call, KeptStandby standby)
    {
        var name = NameOf(call, standby)!.Value;
        if (new OutgoingStore(call.Paths).IsAtWork(name))
        {
            // it is moved, or copied because somebody asked for it
            return true;
        }

        try
        {
            var own = call.Nested(call.Report, "vserver", name.Value, "standby", "copy");
            return OperationRunner.Run(own, new OperationKind("standby-copy", name) { IsLocked = false }, operation =>
                (WireProtocol.ToElement(new CopyHandler(own, standby, name, null).Run(operation)), null)) == ExitCodes.Success;
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
        {
            // the others have their turn; its record says what was wrong
            call.Report.Warn($"{name} could not be copied to {standby.Peer}: {ProblemException.ToEvent(e).Message}");
            return false;
        }
    }

    /// <summary>What copies that are over have left at this host.</summary>
    private static void Sweep(Invocation call)
    {
        var copies = new KeptCopyStore(call.Paths);
        foreach (var copy in copies.List(damaged => call.Report.Warn(damaged.Message)).Where(c => !c.IsOpen))
        {
            copies.Sweep(copy.Id);
        }
    }

    private static VServerName? NameOf(Invocation call, KeptStandby standby) => new KeptCopyStore(call.Paths).NameOf(standby.VServerId);
}
