using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation;

/// <summary>Removes a tree that was renamed into its place, and only that one: another may have been put there by hand.</summary>
internal sealed record RemoveTreeIfSame(string Path, ulong Inode, long BornAt) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        if (Libc.TryStatx(null, Path, out var stat) && stat.Inode == Inode && stat.Birth.Seconds == BornAt)
        {
            TreeRemoval.Remove(Path);
        }
    }
}

/// <summary>Removes files and directories of a vserver that is being deleted.</summary>
internal sealed record RemoveAll(IReadOnlyList<string> Paths) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        foreach (var path in Paths)
        {
            FaultPoint.Reach();
            TreeRemoval.Remove(path);
        }
    }
}
