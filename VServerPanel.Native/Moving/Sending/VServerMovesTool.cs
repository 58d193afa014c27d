using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary><c>vserver-moves list | resume ID | take-back ID [--fenced] | purge ID</c></summary>
internal sealed class VServerMovesTool : Tool
{
    private const string UsageLine = "Usage: vserver-moves list | resume ID | take-back ID [--fenced] | purge ID";

    public override string Name => "vserver-moves";

    public override bool OpenToPanel => true;

    public override string Summary => "moves between hosts: list, resume, take back, purge what is kept";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var store = new OutgoingStore(call.Paths);
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["list"]:
                foreach (var move in MoveListing.All(call))
                {
                    call.Report.Item(ItemKinds.Move, move, string.Create(CultureInfo.InvariantCulture, $"{move.Id}  {move.StartedAt:u}  {move.VServer,-16} {(move.Direction == MoveDirection.Outgoing ? "to" : "from")} {move.Peer}  {move.State}{(move.KeptUntil is { } until ? $" until {until:u}" : "")}  {move.WhatToDo}"));
                }

                return ExitCodes.Success;
            case ["resume", var id]:
                var resumed = store.Require(id);
                return Change(call, "move-resume", resumed, $"Going on with the move of {resumed.VServer} to {resumed.Peer}", operation => MoveVerb.Answer(new MoveHandler(call, resumed).Run(operation), resumed.VServer));
            case ["take-back", var id]:
                return TakeBack(call, store.Require(id), isFenced: false);
            case ["take-back", var id, "--fenced"]:
                return TakeBack(call, store.Require(id), isFenced: true);
            case ["purge", var id]:
                return Purge(call, store.Require(id));
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    /// <summary>Purges those whose time is over, and what is left of moves to here that were taken back, as part of another command; what fails is told.</summary>
    public static void PurgeExpired(Invocation call)
    {
        Sweep(call);
        var store = new OutgoingStore(call.Paths);
        foreach (var move in store.List(damaged => call.Report.Warn(damaged.Message)).Where(m => m.State == OutgoingState.Kept && m.KeptUntil <= call.Time.GetUtcNow() && !store.IsAtWork(m.VServer)))
        {
            try
            {
                Purge(call.Nested(call.Report, "vserver-moves", "purge", move.Id), move);
            }
            catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
            {
                call.Report.Warn($"The copy of {move.VServer}, which was moved to {move.Peer}, could not be purged: {ProblemException.ToEvent(e).Message}");
            }
        }
    }

    private static void Sweep(Invocation call)
    {
        var incoming = new Receiving.IncomingStore(call.Paths);
        foreach (var move in incoming.List(damaged => call.Report.Warn(damaged.Message)).Where(m => m.State == Receiving.IncomingState.TakenBack))
        {
            try
            {
                incoming.Sweep(move.Request.MoveId, TimeSpan.Zero, null, call.Cancel);
            }
            catch (IOException e)
            {
                call.Report.Warn(e.Message);
            }
        }
    }

    private static int TakeBack(Invocation call, OutgoingMove move, bool isFenced)
    {
        if (isFenced && Auditing.CallerActor.IsPanel(call.Actor))
        {
            throw new ProblemException(ProblemCode.NotPermitted, "That the other host is off for good can only be said in a shell of this one.");
        }

        return Change(call, "move-take-back", move, $"Making {move.VServer} this host's again, after {move.Peer} has refused it for ever", operation => (null, new TakeBackHandler(call, move.Id, isFenced).Run(operation)));
    }

    private static int Purge(Invocation call, OutgoingMove move)
    {
        var store = new OutgoingStore(call.Paths);
        return Change(call, "move-purge", move, $"Removing the copy of {move.VServer} in '{store.TreeOf(move.Id)}'", operation =>
        {
            using var alone = store.Lock(move.VServer, operation.Cancel);
            if (store.Require(move.Id).State is not (OutgoingState.Kept or OutgoingState.Purged))
            {
                throw new ProblemException(ProblemCode.Conflict, $"Only a copy that is kept can be purged. 'vserver-moves list' tells how this move stands.");
            }

            operation.Undo.CommitThen(new PurgeMoved(move.Id, call.Time.GetUtcNow()));
            operation.Undo.Complete();
            return (null, $"The copy of {move.VServer} is gone for good.");
        });
    }

    private static int Change(Invocation call, string kind, OutgoingMove move, string title, Func<Operation, (System.Text.Json.JsonElement? Data, string? Human)> change)
    {
        if (call.Options.Plan)
        {
            call.Report.Plan(new OperationPlan([new PlanStep(title)], [], []));
            return ExitCodes.Success;
        }

        return OperationRunner.Run(call, new OperationKind(kind, move.VServer) { VServerId = move.VServerId, IsLocked = false }, change);
    }
}
