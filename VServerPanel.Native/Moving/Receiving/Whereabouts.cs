using VServerPanel.Native.Commands;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Trash;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>What became of a vserver that has arrived here: as long as it is here, could come back here, or has gone on from here, its source may not have it back.</summary>
internal static class Whereabouts
{
    /// <summary>Why the source of a move that has arrived may not have it back; null where it may.</summary>
    public static ProblemException? WhyNotTakenBack(Invocation call, Guid id)
    {
        if (call.Registry.NameOf(id) is { } name)
        {
            return new ProblemException(ProblemCode.Conflict, $"{name} is a vserver here by now. Move it back from here, or delete it here first.");
        }

        if (WentOn(new IncomingStore(call.Paths).List(), new OutgoingStore(call.Paths).List(), id) is { } move)
        {
            return new ProblemException(ProblemCode.Conflict, $"{move.VServer} went on from here to {move.Peer} at {move.StartedAt:u}. Move it back from there, or delete it there; a copy that is kept on the way is older.");
        }

        return new TrashStore(call.Paths).List().FirstOrDefault(e => e.VServerId == id) is { } deleted
            ? new ProblemException(ProblemCode.Conflict, $"{deleted.Name} lies in the trash here, and could be restored from it. 'vserver-trash restore {deleted.Id}' here, and move it back; or 'vserver-trash purge {deleted.Id}' here, and take it back then.")
            : null;
    }

    /// <summary>The move by which a vserver left after it had arrived the last time; null where it is not gone by one.</summary>
    internal static OutgoingMove? WentOn(IReadOnlyList<Incoming> arrived, IReadOnlyList<OutgoingMove> left, Guid id)
    {
        var latest = arrived.Where(i => i.Request.VServerId == id && i.State == IncomingState.Activated).Max(i => i.EndedAt);
        return left.Where(m => m.VServerId == id && IsGone(m) && !(m.StartedAt < latest)).MaxBy(m => m.StartedAt);

        // while it is taken out of its place for the hand-over, too
        static bool IsGone(OutgoingMove move) => move.HasLeft || move is { State: OutgoingState.Copying, Files: not null };
    }

    /// <summary>The word of another host about a vserver after it was deleted here: it was taken back, or came here anew, so what lies in the trash is not the one any more. Null where there is none.</summary>
    public static Incoming? HeardOf(IReadOnlyList<Incoming> all, Guid id, DateTimeOffset deletedAt) =>
        all.Where(i => i.Request.VServerId == id && (i.EndedAt ?? i.StartedAt) > deletedAt).MaxBy(i => i.EndedAt ?? i.StartedAt);
}
