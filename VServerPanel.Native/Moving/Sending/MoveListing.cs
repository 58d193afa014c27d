using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>The moves that this host knows of, from here and to here.</summary>
internal static class MoveListing
{
    public static IReadOnlyList<MoveInfo> All(Invocation call)
    {
        var outgoing = new OutgoingStore(call.Paths);
        return [.. outgoing.List(Tell).Select(m => Describe(m, outgoing)).Concat(new IncomingStore(call.Paths).List(Tell).Select(m => Describe(m, call.Paths))).OrderByDescending(m => m.StartedAt)];

        void Tell(ProblemException damaged) => call.Report.Warn(damaged.Message);
    }

    private static MoveInfo Describe(OutgoingMove move, OutgoingStore store)
    {
        var isOpen = move.State is OutgoingState.Copying or OutgoingState.HandedOver;
        var isAtWork = isOpen && store.IsAtWork(move.VServer);
        return new MoveInfo
        {
            Id = move.Id,
            VServer = move.VServer,
            VServerId = move.VServerId,
            Direction = MoveDirection.Outgoing,
            Peer = move.Peer,
            Phase = move.State switch { OutgoingState.Copying => MovePhase.Copying, OutgoingState.HandedOver => MovePhase.HandingOver, _ => MovePhase.Done },
            State = move.State switch
            {
                OutgoingState.Kept => MoveState.Kept,
                OutgoingState.Purged => MoveState.Purged,
                OutgoingState.TakenBack => MoveState.TakenBack,
                _ => isAtWork ? MoveState.Running : MoveState.Unresolved,
            },
            StartedAt = move.StartedAt,
            EndedAt = move.EndedAt,
            KeptUntil = move.KeptUntil,
            Bytes = move.Bytes,
            Problem = move.Problem,
            WhatToDo = isAtWork ? null : move.State switch
            {
                OutgoingState.Copying => $"{move.VServer} is here. 'vserver-moves resume {move.Id}' goes on with the move, 'vserver-moves take-back {move.Id}' gives it up.",
                OutgoingState.HandedOver => $"{move.VServer} is off here; {move.Peer} knows whether it has arrived. 'vserver-moves resume {move.Id}' asks and ends the move, 'vserver-moves take-back {move.Id}' brings it back if it has not arrived.",
                _ => null,
            },
            JobId = move.JobId,
        };
    }

    private static MoveInfo Describe(Incoming incoming, HostPaths paths)
    {
        var isOpen = incoming.State == IncomingState.Receiving;
        var isAtWork = isOpen && (PeerPresence.IsHere(paths, incoming.Peer) || TreeWriters.IsJoined(new IncomingStore(paths).TreeOf(incoming.Request.MoveId)));
        return new MoveInfo
        {
            Id = incoming.Request.MoveId,
            VServer = incoming.Request.VServer,
            VServerId = incoming.Request.VServerId,
            Direction = MoveDirection.Incoming,
            Peer = incoming.Peer,
            Phase = isOpen ? MovePhase.Copying : MovePhase.Done,
            State = incoming.State switch
            {
                IncomingState.Activated => MoveState.Arrived,
                IncomingState.TakenBack => MoveState.TakenBack,
                _ => isAtWork ? MoveState.Running : MoveState.Unresolved,
            },
            StartedAt = incoming.StartedAt,
            EndedAt = incoming.EndedAt,
            Bytes = incoming.Request.Bytes,
            WhatToDo = isOpen && !isAtWork
                ? $"{incoming.Peer} is not connected, and nothing arrives. 'vserver-moves list' there tells how it stands: 'vserver-moves resume {incoming.Request.MoveId}' there goes on with it, 'vserver-moves take-back {incoming.Request.MoveId}' there gives it up, and what lies here is removed."
                : null,
        };
    }
}
