using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Renaming;

/// <summary>What the host knows of a vserver stands under its new name as well: id, range of ids, time of making.</summary>
internal sealed record CopyRegistryEntry(VServerName From, VServerName To) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var registry = new VServerRegistry(paths, TimeProvider.System);
        if (registry.Find(From) is { } entry)
        {
            FaultPoint.Reach();
            registry.Save(entry with { Name = To });
        }
    }
}
