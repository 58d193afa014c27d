using VServerPanel.Native.Creation;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Takes a vserver out of its place, so that nothing can start it, and puts it back. Both may be cut off anywhere, and are done again then.</summary>
/// <remarks>Small files lie in the move's record meanwhile, since /etc and /var may be file systems of their own; the tree is renamed. Until the target has it they lie aside, too, each in its
/// own directory: to put them back takes no room then, which a full disk has none of.</remarks>
internal sealed class Retirement(HostPaths paths, OutgoingMove move)
{
    private readonly OutgoingStore _store = new(paths);
    private readonly VServerName _name = move.VServer;

    /// <summary>What is kept of it in the record.</summary>
    public static RetiredFiles Collect(HostPaths paths, VServerName name, RegistryEntry entry)
    {
        var hook = paths.HookOf(name);
        var mode = 0u;
        byte[]? script = null;
        if (Libc.TryStatx(null, hook, out var stat))
        {
            if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.Size > Configuration.ConfFile.MaximumSize)
            {
                throw new ProblemException(ProblemCode.Unsupported, $"'{hook}' is no ordinary small file, and cannot be kept with the move. Move it away.");
            }

            (script, mode) = (File.ReadAllBytes(hook), stat.Mode & 0xfffu);
        }

        return new RetiredFiles(Configuration.ConfFile.Read(paths.ConfOf(name)).ToBytes(), script, mode, entry);
    }

    /// <summary>The conf file goes first: without it, it is no vserver. The entry in the registry goes last, and is there before anything else when it is put back: without that of this very vserver,
    /// nothing that is in the place is its own, and nothing is touched.</summary>
    public void Retire()
    {
        if (new VServerRegistry(paths, TimeProvider.System).Find(_name)?.Id != move.VServerId)
        {
            return;
        }

        PutAside(paths.ConfOf(_name), AsideOf(paths.ConfOf(_name)));
        Rename(paths.TreeOf(_name), _store.MakePlace(move.Id));
        foreach (var (log, suffix) in Isolation.Monitor.ConsoleLogsOf(paths, _name))
        {
            Rename(log, _store.LogOf(move.Id) + suffix);
        }

        FaultPoint.Reach();
        KeptHook.Keep(paths, _name, move.Files);
        PutAside(paths.RegistryOf(_name), AsideOf(paths.RegistryOf(_name)));
    }

    /// <summary>The conf file comes last. Its range of ids is another, where the old one was given away meanwhile: its tree holds none of them.</summary>
    public void PutBack()
    {
        var files = move.Files!;
        new VServerRegistry(paths, TimeProvider.System).Adopt(files.Registry, AsideOf(paths.RegistryOf(_name)));
        FaultPoint.Reach();
        if (Directory.Exists(paths.Log))
        {
            foreach (var log in Directory.EnumerateFiles(paths.Log, Path.GetFileName(_store.LogOf(move.Id)) + "*"))
            {
                new MoveBack(log, Isolation.Monitor.ConsoleLogOf(paths, _name) + log[_store.LogOf(move.Id).Length..]).Run(paths);
            }
        }

        KeptHook.PutBack(paths, move, _name);
        new MoveBack(_store.TreeOf(move.Id), paths.TreeOf(_name)).Run(paths);
        FaultPoint.Reach();
        new MoveBack(AsideOf(paths.ConfOf(_name)), paths.ConfOf(_name)).Run(paths);
        if (!Exists(paths.ConfOf(_name)))
        {
            DurableFile.Write(paths.ConfOf(_name), files.Conf, 0b110_100_100);
        }

        ForgetAside();
    }

    /// <summary>Whether it is out of its place by this move, wholly or in part. Its entry goes last and comes back first, its conf file the other way round.</summary>
    public bool IsOut => Exists(_store.TreeOf(move.Id)) || (!Exists(paths.ConfOf(_name)) && new VServerRegistry(paths, TimeProvider.System).IdOf(_name) == move.VServerId);

    /// <summary>Removes what lies aside: the record has it.</summary>
    public void ForgetAside()
    {
        File.Delete(AsideOf(paths.ConfOf(_name)));
        File.Delete(AsideOf(paths.RegistryOf(_name)));
    }

    /// <summary>What is in the place that it came from; null where it is free. A hook script may be there: then that one stays.</summary>
    public string? Occupied() => NamePlace.Taken(paths, _name, mayHaveHook: true)?.Path;

    private void Rename(string from, string to)
    {
        FaultPoint.Reach();
        new MoveBack(from, to).Run(paths);
        DurableFile.SyncDirectory(Path.GetDirectoryName(from)!);
    }

    // over what an earlier try has left there
    private static void PutAside(string path, string aside)
    {
        FaultPoint.Reach();
        if (Exists(path))
        {
            File.Move(path, aside, overwrite: true);
            DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }

    private string AsideOf(string path) => $"{Path.GetDirectoryName(path)}/.{Path.GetFileName(path)}.moved-{move.Id}";

    private static bool Exists(string path) => Libc.TryStatx(null, path, out _);
}

/// <summary>Puts a vserver back that was taken out of its place and not handed over. What was handed over is for the target to tell: nobody may work on that name before. Of one that has
/// arrived, what lies aside is not needed any more.</summary>
internal sealed record UndoHandOver(string MoveId) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        switch (new OutgoingStore(paths).Find(MoveId))
        {
            case { State: OutgoingState.Copying, Files: not null } begun when new Retirement(paths, begun) is { IsOut: true } retired:
                // else it is that of an earlier try which has been put back, and may have been renamed or changed since
                retired.PutBack();
                break;
            case { State: OutgoingState.HandedOver } open:
                throw new ProblemException(ProblemCode.Busy, $"{open.VServer} was handed over to {open.Peer}, which has to be asked whether it is there: 'vserver-moves resume {MoveId}'.");
            case { State: OutgoingState.Kept } arrived:
                new Retirement(paths, arrived).ForgetAside();
                break;
            default:
                break;
        }
    }
}

/// <summary>Makes a vserver of this host again of one that the target has refused for ever.</summary>
internal sealed record PutBackMoved(string MoveId, DateTimeOffset At) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var store = new OutgoingStore(paths);
        if (store.Find(MoveId) is { State: OutgoingState.HandedOver or OutgoingState.Kept } move)
        {
            new Retirement(paths, move).PutBack();
            store.Save(move with { State = OutgoingState.TakenBack, EndedAt = At, KeptUntil = null, Files = null, WasRunning = false });
        }
    }
}

/// <summary>Removes the copy that is kept here.</summary>
internal sealed record PurgeMoved(string MoveId, DateTimeOffset At) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var store = new OutgoingStore(paths);
        if (store.Find(MoveId) is not { State: OutgoingState.Kept or OutgoingState.Purged } move)
        {
            return;
        }

        KeptHook.Forget(paths, move);
        new Retirement(paths, move).ForgetAside();

        // first of all nobody can take it back any more: half of it is nothing
        store.Save(move with { State = OutgoingState.Purged, EndedAt = At, KeptUntil = null, Files = null });
        TreeRemoval.Remove(store.TreeOf(MoveId));
        foreach (var log in Directory.Exists(paths.Log) ? Directory.EnumerateFiles(paths.Log, Path.GetFileName(store.LogOf(MoveId)) + "*") : [])
        {
            File.Delete(log);
        }

        // where it has come back, that is what it shares now
        if (new VServerRegistry(paths, TimeProvider.System).NameOf(move.VServerId) is null)
        {
            Unification.UnificationState.Remove(paths, move.VServerId);
        }
    }
}
