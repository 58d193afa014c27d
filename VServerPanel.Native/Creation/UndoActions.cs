using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Creation;

/// <summary>Removes a tree that was renamed into its place, and only that one: another may have been put there by hand.</summary>
/// <param name="Subvolume">Its number on btrfs, where all trees have the same inode number; 0 elsewhere.</param>
internal sealed record RemoveTreeIfSame(string Path, ulong Inode, long BornAt, ulong Subvolume = 0) : UndoAction
{
    public static RemoveTreeIfSame Of(string tree, string path)
    {
        using var directory = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(directory);
        return new RemoveTreeIfSame(path, stat.Inode, stat.Birth.Seconds, FileTrees.Subvolume.IdOf(directory));
    }

    public override void Run(HostPaths paths)
    {
        if (Libc.TryStatx(null, Path, out var stat) && (stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR && Of(Path, Path) == this)
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
