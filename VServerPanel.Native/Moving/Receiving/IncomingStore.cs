using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Trees that peers send, until they become vservers: records beside the registry, trees in <c>/vservers/.incoming/ID</c>.</summary>
internal sealed class IncomingStore(HostPaths paths)
{
    private string Records => paths.State + "/incoming";

    public string TreeOf(string moveId) => $"{paths.VServers}/.incoming/{moveId}";

    /// <summary>Takes a place for a tree. The same request of the same peer again changes nothing, so that a source may ask again after a broken connection.</summary>
    /// <exception cref="ProblemException">AlreadyExists, NoSpace; Conflict: the id is another move's, or was taken back.</exception>
    public void Begin(IncomingRequest request, string peer, Invocation call)
    {
        using var locked = FileLock.Acquire(paths.Locks + "/.incoming", TimeSpan.FromSeconds(10), "the list of incoming vservers", call.Cancel);
        if (Find(request.MoveId) is { } known)
        {
            if (known.Peer != peer || known.Request != request || known.State != IncomingState.Receiving)
            {
                throw new ProblemException(ProblemCode.Conflict, "This move was taken back, or is another one. A new move has a new id.");
            }
        }
        else
        {
            Refuse(request, call);
            MakePrivate(Records);
            var record = new Incoming(request, peer, IncomingState.Receiving, call.Time.GetUtcNow());
            DurableFile.Write(FileOf(request.MoveId), JsonSerializer.SerializeToUtf8Bytes(record, IncomingJson.Default.Incoming), 0b110_000_000);
        }

        FaultPoint.Reach();
        MakePrivate($"{paths.VServers}/.incoming");
        MakePrivate(TreeOf(request.MoveId));
    }

    /// <summary>Refuses this move for ever, and then removes what came of it. Where it is not known it is refused all the same.</summary>
    /// <exception cref="ProblemException">NotPermitted: another peer's.</exception>
    public void TakeBack(IncomingRequest request, string peer, Invocation call)
    {
        using var locked = FileLock.Acquire(paths.Locks + "/.incoming", TimeSpan.FromSeconds(10), "the list of incoming vservers", call.Cancel);
        if (Find(request.MoveId) is { } known && known.Peer != peer)
        {
            throw new ProblemException(ProblemCode.NotPermitted, "This move is another host's.");
        }

        MakePrivate(Records);
        var record = new Incoming(request, peer, IncomingState.TakenBack, call.Time.GetUtcNow());
        DurableFile.Write(FileOf(request.MoveId), JsonSerializer.SerializeToUtf8Bytes(record, IncomingJson.Default.Incoming), 0b110_000_000);
        FaultPoint.Reach();
        TreeRemoval.Remove(TreeOf(request.MoveId));
    }

    /// <summary>The tree that a peer may write to now.</summary>
    /// <exception cref="ProblemException">NotPermitted: not begun, another peer's, or taken back.</exception>
    public string RequireTree(string moveId, string peer) => Find(moveId) is { State: IncomingState.Receiving } known && known.Peer == peer && Directory.Exists(TreeOf(moveId))
        ? TreeOf(moveId)
        : throw new ProblemException(ProblemCode.NotPermitted, "This move has not begun here, or was taken back.");

    public Incoming? Find(string moveId)
    {
        var file = FileOf(IncomingRequest.CheckId(moveId));
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), IncomingJson.Default.Incoming) ?? throw new JsonException("it is empty") : null;
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InputOutput, $"'{file}' is damaged ({e.Message}).", e, file);
        }
    }

    private void Refuse(IncomingRequest request, Invocation call)
    {
        if (call.Registry.Exists(request.VServer) || Libc.TryStatx(null, paths.TreeOf(request.VServer), out _))
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"There is a vserver or a tree called {request.VServer} already.");
        }

        var free = new DriveInfo(paths.VServers).AvailableFreeSpace;
        if (request.Bytes > free)
        {
            throw new ProblemException(ProblemCode.NoSpace, $"{ByteSize.Format(request.Bytes)} are needed, and {ByteSize.Format(free)} are free.");
        }
    }

    private string FileOf(string moveId) => $"{Records}/{moveId}.json";

    private static void MakePrivate(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            DurableFile.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
    }
}
