using System.CommandLine;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Keeping;

/// <summary><c>vserver NAME standby copy | keep | stop</c>: a copy of this host's vserver on another host.</summary>
internal sealed class KeepingCommands(VServerName name, Invocation call)
{
    private const int MostMinutes = 60 * 24 * 366;

    private readonly KeptStandbyStore _store = new(call.Paths);

    /// <summary>One pass now; the first begins a copy.</summary>
    public int Copy(IReadOnlyList<string> arguments)
    {
        var to = To();
        var bandwidth = Bandwidth();
        var command = new Command("copy", "Copies the vserver to the other host once, while it runs or not. The copy there is stopped, and is not started unless it is promoted.") { to, bandwidth };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME standby copy") is not { } result)
        {
            return ExitCodes.Success;
        }

        var (peer, rate) = (result.GetValue(to), Checked(result.GetValue(bandwidth)));
        if (call.Options.Plan)
        {
            Tell(peer);
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("standby-copy", name) { IsLocked = false }, operation =>
        {
            var outcome = new CopyHandler(call, Begin(peer), name, rate).Run(operation);
            return (WireProtocol.ToElement(outcome), $"The copy of {name} on {outcome.Peer} is complete as of {outcome.CompleteAsOf:u}.");
        });
    }

    /// <summary>Says how often it is copied; the first begins a copy, which is due at once.</summary>
    public int Keep(IReadOnlyList<string> arguments)
    {
        var to = To();
        var bandwidth = Bandwidth();
        var every = new Option<int>("--every") { Description = "minutes from one copying to the next; 0: only by 'standby copy'", Required = true };
        var command = new Command("keep", "Keeps a copy of the vserver on the other host, and copies it there again and again.") { to, every, bandwidth };
        if (ArgumentParser.Parse(command, arguments, "vserver NAME standby keep") is not { } result)
        {
            return ExitCodes.Success;
        }

        var (peer, minutes, rate) = (result.GetValue(to), result.GetValue(every), Checked(result.GetValue(bandwidth)));
        if (minutes is < 0 or > MostMinutes)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"--every takes 1 to {MostMinutes} minutes, or 0.");
        }

        if (call.Options.Plan)
        {
            Tell(peer);
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("standby-keep", name) { IsJob = false }, operation =>
        {
            var standby = _store.Change(Begin(peer).Id, s => s with { IntervalMinutes = minutes == 0 ? null : minutes, BytesPerSecond = rate });
            operation.VServerId = standby.VServerId;
            return (null, minutes == 0 ? $"{name} is copied to {standby.Peer} by 'vserver {name} standby copy' only." : $"{name} is copied to {standby.Peer} every {minutes} minutes.");
        });
    }

    /// <summary>Ends it. The copy stays where it is, and is a copy.</summary>
    public int Stop(IReadOnlyList<string> arguments)
    {
        if (arguments.Count > 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, StandbyVerb.UsageLine);
        }

        var known = _store.Require(name, IdOf());
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep($"Copy {name} to {known.Peer} no more")], [$"The copy on {known.Peer} stays as it is. If it is not needed any more, delete it there."], []));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind("standby-stop", name) { IsJob = false, VServerId = known.VServerId }, operation =>
        {
            using var alone = new OutgoingStore(call.Paths).Lock(name, operation.Cancel);
            _store.Change(known.Id, s => s with { EndedAt = call.Time.GetUtcNow() });
            try
            {
                new MoveTarget(call, known.Peer).Ask("standby-end", known.ToRequest(name, 0), operation.Cancel);
            }
            catch (ProblemException e)
            {
                operation.Report.Warn($"{known.Peer} was not told: {e.Message} What a pass that was cut off has left there lies there yet.");
            }

            return (null, $"{name} is not copied to {known.Peer} any more. The copy there stays as it is, and is not started unless it is promoted there.");
        });
    }

    private KeptStandby Begin(string? peer)
    {
        var entry = call.Registry.AddIfExists(name) ?? throw ProblemException.NoSuchVServer(name);
        if (entry.StandbyOf is { } real)
        {
            throw new ProblemException(ProblemCode.Conflict, $"{name} is itself the copy of {real}'s here. It is copied from there.");
        }

        var known = _store.Of(entry.Id);
        if (known is { PromotedAt: { } at })
        {
            throw new ProblemException(ProblemCode.Conflict, $"The copy on {known.Peer} was made the real one at {at:u}. 'vserver {name} standby stop' forgets it; then another can be begun.");
        }

        if (known is not null && peer is not null && known.Peer != peer)
        {
            throw new ProblemException(ProblemCode.Conflict, $"A copy of {name} is kept on {known.Peer}. 'vserver {name} standby stop' ends that; then one on {peer} can be begun.");
        }

        var to = new PeerStore(call.Paths).Require(known?.Peer ?? peer ?? throw new ProblemException(ProblemCode.InvalidArgument, $"Say where the copy is to be: --to HOST. 'vserver-hosts list' shows the hosts there are.")).Name;
        return known ?? _store.Add(new KeptStandby(Guid.NewGuid().ToString("n"), name, entry.Id, to, call.Time.GetUtcNow()));
    }

    private void Tell(string? peer)
    {
        var known = IdOf() is { } id ? _store.Of(id) : null;
        var to = known?.Peer ?? peer;
        List<ProblemEvent> problems = [];
        try
        {
            new PeerStore(call.Paths).Require(to ?? throw new ProblemException(ProblemCode.InvalidArgument, "Say where the copy is to be: --to HOST."));
        }
        catch (ProblemException e)
        {
            problems.Add(e.ToEvent());
        }

        call.Report.Plan(new OperationPlan(
            [new PlanStep(known?.CompleteAsOf is null ? $"Copy '{call.Paths.TreeOf(name)}' to {to}" : $"Copy to {to} what has changed since {known.CompleteAsOf:u}"), new PlanStep($"Put the copy in its place on {to}, marked as a copy that is not started")],
            [.. ConfToSend.Read(call.Paths, name).LeftOut.Select(s => $"The copy does not see '{s.Source}' of this host ({s}).")],
            problems));
    }

    private Guid? IdOf() => call.Registry.IdOf(name);

    private static long? Checked(long? rate) => rate is < 1024 ? throw new ProblemException(ProblemCode.InvalidArgument, "--bandwidth takes 1024 bytes a second or more.") : rate;

    private static Option<string?> To() => new("--to") { Description = "the other host, as 'vserver-hosts list' names it; needed the first time", HelpName = "HOST" };

    private static Option<long?> Bandwidth() => new("--bandwidth") { Description = "at most so many bytes a second", HelpName = "BYTES" };
}
