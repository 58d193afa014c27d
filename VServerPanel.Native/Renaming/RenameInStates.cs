using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Renaming;

/// <summary>What other vservers were unified with has its new name: they are unified with it again the next time.</summary>
internal sealed record RenameInStates(VServerName From, VServerName To) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        FaultPoint.Reach();
        UnificationState.Rename(paths, From, To);
    }
}
