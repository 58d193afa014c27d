using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Trees that peers send, until they become vservers: records beside the registry, trees in <c>/vservers/.incoming/ID</c>.</summary>
internal sealed class IncomingStore(HostPaths paths)
{
    private readonly MoveRecords<Incoming> _records = new(paths.State + "/incoming", IncomingJson.Default.Incoming);

    public string TreeOf(string moveId) => $"{paths.VServers}/.incoming/{moveId}";

    /// <summary>Whether a tree that is to be written has nothing in it, and no rsync of an earlier connection writes yet.</summary>
    public static bool IsUntouched(string tree) => !Directory.EnumerateFileSystemEntries(tree).Any() && !TreeWriters.IsJoined(tree);

    /// <summary>All of them, the latest first.</summary>
    /// <param name="onDamaged">Told of one that cannot be read, which is left out; null where no decision can be made without it.</param>
    /// <exception cref="ProblemException">InputOutput: one is damaged.</exception>
    public IReadOnlyList<Incoming> List(Action<ProblemException>? onDamaged = null) => [.. _records.All(onDamaged).OrderByDescending(i => i.StartedAt)];

    /// <summary>Takes a place for a tree, for which there was seen to be room. The same request of the same peer again changes nothing, so that a source may ask again after a broken connection.</summary>
    /// <exception cref="ProblemException">Conflict: the id is another move's, was taken back, or has become a vserver.</exception>
    public Incoming Begin(IncomingRequest request, string peer, DateTimeOffset now)
    {
        var incoming = Find(request.MoveId);
        if (incoming is not null && (incoming.Peer != peer || incoming.Request != request.Bare() || incoming.State != IncomingState.Receiving))
        {
            throw new ProblemException(ProblemCode.Conflict, "This move was taken back, has arrived, or is another one. A new move has a new id.");
        }

        incoming ??= Save(new Incoming(request.Bare(), peer, IncomingState.Receiving, now) { BootId = ProcessIdentity.BootId });
        DurableFile.MakePrivateDirectory($"{paths.VServers}/.incoming");
        DurableFile.MakePrivateDirectory(TreeOf(request.MoveId));
        return incoming;
    }

    /// <summary>Refuses this move for ever, also where it is not known. Nobody can write to its tree anew or make a vserver of it from then on; <see cref="Sweep"/> removes that.</summary>
    public Incoming TakeBack(IncomingRequest request, string peer, DateTimeOffset now)
    {
        var started = Find(request.MoveId)?.StartedAt ?? now;
        return Save(new Incoming(request.Bare(), peer, IncomingState.TakenBack, started) { EndedAt = now });
    }

    /// <summary>Removes the tree of a move that was taken back, as much of it as can be in that time.</summary>
    /// <param name="moveId">Which.</param>
    /// <param name="forWriters">How long it waits for an rsync that still writes there.</param>
    /// <param name="patience">How long it removes; null: to the end.</param>
    /// <param name="cancel">Ends it; the rest is removed the next time.</param>
    /// <returns>Whether nothing is left to be removed.</returns>
    public bool Sweep(string moveId, TimeSpan forWriters, TimeSpan? patience, CancellationToken cancel)
    {
        var tree = TreeOf(moveId);
        if (Find(moveId) is not { State: IncomingState.TakenBack } || !Directory.Exists(tree))
        {
            return true;
        }

        var until = patience is { } time ? Environment.TickCount64 + (long)time.TotalMilliseconds : long.MaxValue;
        try
        {
            using var writers = TreeWriters.Exclude(tree, forWriters, cancel);
            TreeRemoval.Remove(tree, _ => StopIf(cancel.IsCancellationRequested || Environment.TickCount64 > until));
            return true;
        }
        catch (ProblemException e) when (e.Code is ProblemCode.Busy or ProblemCode.TimedOut)
        {
            return false;
        }

        static void StopIf(bool isOver)
        {
            if (isOver)
            {
                throw new ProblemException(ProblemCode.TimedOut, "The rest of it is removed later.");
            }
        }
    }

    /// <summary>The tree that a peer may write to now.</summary>
    /// <exception cref="ProblemException">NotPermitted: not begun, another peer's, or taken back.</exception>
    public string RequireTree(string moveId, string peer) => Find(moveId) is { State: IncomingState.Receiving } known && known.Peer == peer && Directory.Exists(TreeOf(moveId))
        ? TreeOf(moveId)
        : throw new ProblemException(ProblemCode.NotPermitted, "This move has not begun here, or was taken back.");

    public Incoming? Find(string moveId) => _records.Find(moveId);

    /// <summary>On disk when it returns.</summary>
    public Incoming Save(Incoming incoming)
    {
        _records.Save(incoming.Request.MoveId, incoming);
        return incoming;
    }
}
