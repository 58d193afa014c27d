using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Renaming;

/// <summary>What makes it a vserver of its new name, and one that runs: in one go, since whoever looks in between sees neither.</summary>
internal sealed record TakeName(VServerName From, VServerName To) : UndoAction
{
    public static IEnumerable<(string From, string To)> Moves(HostPaths paths, VServerName from, VServerName to) =>
    [
        (paths.RunDirectoryOf(from), paths.RunDirectoryOf(to)),
        (paths.ContextOf(from), paths.ContextOf(to)),
        (paths.ConfOf(from), paths.ConfOf(to)),
    ];

    public override void Run(HostPaths paths)
    {
        foreach (var (source, target) in Moves(paths, From, To))
        {
            FaultPoint.Reach();
            new MoveBack(source, target).Run(paths);
        }
    }
}
