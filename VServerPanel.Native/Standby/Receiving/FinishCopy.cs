using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Receiving;

/// <summary>Puts a copy that is whole into the place of the one before. Cut off anywhere it is done again, and nothing can be started in between: the entry in the registry, which says that
/// it is a copy, is there before the conf file.</summary>
internal sealed record FinishCopy(string Id, VServerName Name, byte[] Conf, DateTimeOffset CreatedAt, DateTimeOffset AsOf, long Bytes) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var store = new KeptCopyStore(paths);
        if (store.Find(Id) is not { IsOpen: true } copy)
        {
            return;
        }

        new VServerRegistry(paths, TimeProvider.System).Adopt(new RegistryEntry { Id = copy.VServerId, Name = Name, IdBase = 0, IdCount = VServerRegistry.RangeSize, CreatedAt = CreatedAt, StandbyOf = copy.Peer });
        FaultPoint.Reach();
        var (next, tree, former) = (store.NextOf(Id), paths.TreeOf(Name), store.FormerOf(Id));

        // without a next one it was in its place already when this was cut off
        if (Libc.TryStatx(null, next, out _))
        {
            new MoveBack(tree, former).Run(paths);
            FaultPoint.Reach();
            new MoveBack(next, tree).Run(paths);
            DurableFile.SyncDirectory(Path.GetDirectoryName(next)!);
            FaultPoint.Reach();
        }

        DurableFile.Write(paths.ConfOf(Name), Conf, 0b110_100_100);
        store.Save(copy with { CompleteAsOf = AsOf, Bytes = Bytes });
        Unification.UnificationState.Remove(paths, copy.VServerId);
        TreeRemoval.Remove(former);
    }
}
