using VServerPanel.Native.Hosts;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Makes a vserver of a tree that has arrived. The record says so first: from then on the source cannot have it back. The conf file comes last.</summary>
internal sealed record FinishArrival(string MoveId, byte[] Conf, DateTimeOffset CreatedAt, DateTimeOffset At) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var store = new IncomingStore(paths);
        if (store.Find(MoveId) is not { State: IncomingState.Receiving or IncomingState.Activated } incoming)
        {
            return;
        }

        var (name, id) = (incoming.Request.VServer, incoming.Request.VServerId);
        if (incoming.State == IncomingState.Receiving)
        {
            store.Save(incoming with { State = IncomingState.Activated, EndedAt = At });
        }

        new VServerRegistry(paths, TimeProvider.System).Adopt(new RegistryEntry { Id = id, Name = name, IdBase = 0, IdCount = VServerRegistry.RangeSize, CreatedAt = CreatedAt });
        FaultPoint.Reach();
        new MoveBack(store.TreeOf(MoveId), paths.TreeOf(name)).Run(paths);

        // of an earlier time here: all of its files are its own now
        Unification.UnificationState.Remove(paths, id);
        if (new OutgoingStore(paths).List(_ => { }).FirstOrDefault(m => m.VServerId == id && m.Files is not null) is { } left)
        {
            // it was here before, with a script of this host's own; a record that cannot be read is another's, or its script stays where it is
            KeptHook.PutBack(paths, left, name);
        }

        FaultPoint.Reach();
        if (!File.Exists(paths.ConfOf(name)))
        {
            DurableFile.Write(paths.ConfOf(name), Conf, 0b110_100_100);
        }
    }
}
