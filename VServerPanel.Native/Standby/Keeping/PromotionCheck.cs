using VServerPanel.Native.Commands;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Keeping;

/// <summary>A host that comes back asks, before it starts its vservers, whether their copies were made the real ones meanwhile: those here are the copies then.</summary>
internal static class PromotionCheck
{
    /// <summary>At boot. A host that does not answer keeps nothing from starting: it may be the one that is lost.</summary>
    public static void Run(Invocation call)
    {
        HashSet<string> silent = [];
        foreach (var standby in new KeptStandbyStore(call.Paths).List(damaged => call.Report.Warn(damaged.Message)).Where(s => s.CompleteAsOf is not null))
        {
            try
            {
                // one that ran when it was told is no copy yet
                if (call.Registry.NameOf(standby.VServerId) is { } name && (standby.PromotedAt ?? Ask(call, standby, name, silent)) is { } promoted)
                {
                    Change(call, standby, name, promoted);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
            {
                // whatever it is, the others start
                call.Report.Warn($"{standby.VServer}, whose copy is on {standby.Peer}: {ProblemException.ToEvent(e).Message}");
            }
        }
    }

    private static DateTimeOffset? Ask(Invocation call, KeptStandby standby, VServerName name, HashSet<string> silent)
    {
        if (silent.Contains(standby.Peer))
        {
            return null;
        }

        try
        {
            return new MoveTarget(call, standby.Peer).Ask("standby-status", standby.ToRequest(name, 0), call.Cancel).PromotedAt;
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            silent.Add(standby.Peer);
            call.Report.Warn($"Whether the copy of {name} on {standby.Peer} was promoted is not known: {ProblemException.ToEvent(e).Message}");
            return null;
        }
    }

    /// <summary>Notes that the copy is the real one. The one here is its copy from now on, if it does not run yet.</summary>
    /// <returns>What became of it, for who asked for something else.</returns>
    public static ProblemException Accept(Invocation call, KeptStandby standby, VServerName name, DateTimeOffset at, IReporter report)
    {
        new KeptStandbyStore(call.Paths).Change(standby.Id, s => s with { PromotedAt = at });
        using var locks = OperationRunner.Lock(call with { Report = new NestedReporter(report) }, new OperationKind("standby", name) { Patience = TimeSpan.FromSeconds(30) });
        if (call.Registry.Find(name) is not { } entry || entry.Id != standby.VServerId)
        {
            return new ProblemException(ProblemCode.Conflict, $"{name} was deleted or renamed meanwhile.");
        }

        if (new RunStateStore(call.Paths).Find(name) is { } state && (state.IsAlive || state.IsOwned))
        {
            return new ProblemException(ProblemCode.Conflict, $"{name} was made the real one on {standby.Peer} at {at:u}, and runs here as well. Stop the one that must not run. If it is this one: 'vserver {name} stop', then 'vserver {name} standby --of {standby.Peer}'.");
        }

        call.Registry.Save(entry with { StandbyOf = standby.Peer });
        new KeptStandbyStore(call.Paths).Change(standby.Id, s => s with { EndedAt = at });
        return new ProblemException(ProblemCode.Conflict, $"{name} was made the real one on {standby.Peer} at {at:u}. The one here is its copy from now on, and is not started. It can be kept up to date from there: 'vserver {name} standby copy --to …'.");
    }

    private static void Change(Invocation call, KeptStandby standby, VServerName name, DateTimeOffset promoted)
    {
        var own = call.Nested(call.Report, "vserver", name.Value, "standby", "--of", standby.Peer);
        OperationRunner.Run(own, new OperationKind("standby", name) { IsJob = false, IsLocked = false, VServerId = standby.VServerId }, operation =>
        {
            operation.Report.Warn(Accept(own, standby, name, promoted, operation.Report).Message);
            return (null, null);
        });
    }
}
