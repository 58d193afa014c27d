using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Trash;

/// <summary>Moves made in one step, and taken back in reverse.</summary>
/// <param name="Moves">As they were made: from where, to where.</param>
/// <param name="IntoTrash">Whether they go to places that only the trash has: what is there was moved there.</param>
internal sealed record MoveAllBack(IReadOnlyList<MoveBack> Moves, bool IntoTrash = false) : UndoAction
{
    /// <summary>Makes them, where there is something to move. A target that is there fails it.</summary>
    public void Do()
    {
        foreach (var move in Moves.Where(m => Libc.TryStatx(null, m.From, out _)))
        {
            FaultPoint.Reach();
            FileMove.Do(move.From, move.To);
        }

        foreach (var directory in Moves.SelectMany(m => (string[])[m.From, m.To]).Select(p => Path.GetDirectoryName(p)!).Distinct().Where(Directory.Exists))
        {
            DurableFile.SyncDirectory(directory);
        }
    }

    public override void Run(HostPaths paths)
    {
        using var gate = new Registry.VServerRegistry(paths, TimeProvider.System).Lock();
        foreach (var move in Moves.Reverse())
        {
            FileMove.TakeBack(move.From, move.To, IntoTrash);
        }
    }
}

/// <summary>Removes what is in the trash under an id, for good. Its id range is free when no file of it is left.</summary>
internal sealed record PurgeTrash(string Id, Guid? VServerId) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        var store = new TrashStore(paths);
        if (Directory.Exists(store.DirectoryOf(Id)))
        {
            // half of it is nothing that anyone could restore
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, store.DirectoryOf(Id), Libc.AT_FDCWD, store.GoneDirectoryOf(Id), Libc.RENAME_NOREPLACE), "renameat2", store.DirectoryOf(Id));
            DurableFile.SyncDirectory(paths.Trash);
        }

        if (!Directory.Exists(store.GoneDirectoryOf(Id)))
        {
            return;
        }

        FaultPoint.Reach();
        TreeRemoval.Remove(store.TreeOf(Id));
        FaultPoint.Reach();
        if (VServerId is { } known)
        {
            Unification.UnificationState.Remove(paths, known);
        }

        TreeRemoval.Remove(store.GoneDirectoryOf(Id));
    }
}
