using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary>All vservers and the disk they lie on.</summary>
/// <param name="Shares">One for each that has a tree, by name.</param>
/// <param name="Disk">That of <c>/vservers</c>.</param>
internal sealed record DiskSurvey(IReadOnlyList<DiskShare> Shares, DiskSummary Disk)
{
    public static DiskSurvey OfAll(Invocation call)
    {
        var names = call.Registry.Names().Where(n => Directory.Exists(call.Paths.TreeOf(n))).ToList();

        // what they share with deleted ones is shared until those are purged
        var store = new Trash.TrashStore(call.Paths);
        var trashed = store.List().Select(e => store.TreeOf(e.Id)).Where(Directory.Exists).ToList();
        var outcome = DiskScan.Run([.. names.Select(call.Paths.TreeOf), .. trashed], withRanges: true, workers: null, call.Cancel);
        return new DiskSurvey(
            [.. names.Zip(outcome.Trees, (name, totals) => WithDrift(ShareOf(name, call.Paths.TreeOf(name), totals), UnificationState.Find(call.Paths, call.Registry, name)))],
            DiskOf(call.Paths.VServers, call.Paths, outcome.SavedBytes) with { BytesInTrash = outcome.Trees.Skip(names.Count).Sum(t => t.OwnBytes) });
    }

    public static DiskShare ShareOf(VServerName? name, string path, TreeTotals totals) =>
        new(name, path, totals.Files, totals.Bytes, totals.OwnBytes, totals.FairBytes, totals.SharedFiles, totals.SharedBytes);

    private static DiskShare WithDrift(DiskShare share, UnificationState? last) => last is null ? share : share with
    {
        UnifiedAt = last.At,
        UnifiedWith = last.With,
        DriftFiles = Math.Max(0, last.FilesShared - share.SharedFiles),
        DriftBytes = Math.Max(0, last.BytesShared - share.SharedBytes),
    };

    /// <summary>The disk that a path is on.</summary>
    public static DiskSummary DiskOf(string path, HostPaths paths, long savedBytes)
    {
        using var directory = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        ErrnoException.ThrowIfFailed(Libc.fstatvfs(directory, out var disk), "fstatvfs", path);
        var mount = MountTable.Holding(path);
        var (method, reason) = MethodAt(path, paths, mount.FileSystem);
        return new DiskSummary(mount.FileSystem, mount.MountPoint, method, reason, (long)(disk.Blocks * disk.FragmentSize), (long)(disk.BlocksAvailable * disk.FragmentSize), savedBytes);
    }

    private static (SharingMethod? Method, string Reason) MethodAt(string path, HostPaths paths, string fileSystem) =>
        Reflink.IsSupportedAt(path) ? (SharingMethod.Reflink, $"{fileSystem} lets files share their blocks until one of them is written.")
        : new Iunlink(paths).LoadedMark is not null ? (SharingMethod.HardLink, $"{fileSystem} shares no blocks; shared hard links are protected by the kernel programs of this host.")
        : (null, $"{fileSystem} shares no blocks, and nothing protects shared hard links: 'vserver-info' says what the kernel lacks. Immutable ones can be asked for.");
}
