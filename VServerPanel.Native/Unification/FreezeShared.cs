using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Makes shared files immutable again that were thawed when their operation was cut off: nothing else protects them from who shares them.</summary>
/// <param name="Trees">Where they have a name.</param>
internal sealed record FreezeShared(IReadOnlyList<string> Trees) : UndoAction
{
    [System.Text.Json.Serialization.JsonIgnore]
    public override bool IsSafeguard => true;

    public override void Run(HostPaths paths)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        foreach (var tree in Trees.Where(Directory.Exists))
        {
            // one after the other: any of them may be on a file system of its own
            using var scan = new TreeScan([tree]);
            new TreeScanner(scan, Exclusions.None).Run(ParallelWork.DefaultWalkers);
            Freeze(scan);
        }
    }

    private static unsafe void Freeze(TreeScan scan)
    {
        using var directories = new DirectoryDescriptors(scan);
        foreach (var index in scan.Files.Indices)
        {
            // one that has a single name left is its vserver's own
            ref var row = ref scan.Files[index];
            if (row.Links == 1 || OpenedFile.Open(directories[row.Directory], scan.Names[row.Name], row, withLease: false, out var stat, out _, isProtected: true) is not (>= 0 and var fd))
            {
                continue;
            }

            try
            {
                if ((stat.Attributes & Libc.STATX_ATTR_IMMUTABLE) == 0 && SharedMark.IsOn(fd, stat, isImmutable: true))
                {
                    SharedMark.Freeze(fd, true);
                }
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }
}
