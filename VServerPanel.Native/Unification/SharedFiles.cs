using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Files whose content is not their vserver's own: names of inodes that we have shared, and those whose blocks are others' as well.</summary>
/// <param name="Rows">All files of the scan, names of one inode beside each other.</param>
/// <param name="Shared">Which of <paramref name="Rows"/> are shared, ascending; each name gets a file of its own when they are separated, as before.</param>
/// <param name="Bytes">That those files will take.</param>
internal sealed record SharedFiles(int[] Rows, IReadOnlyList<int> Shared, long Bytes)
{
    /// <summary>Looks at every file of a scan; nothing is changed.</summary>
    /// <param name="scan">Of the vservers that are asked about.</param>
    /// <param name="threads">That look.</param>
    /// <param name="watch">Called a few times a second; what it throws ends the search.</param>
    private static SharedFiles Find(TreeScan scan, int threads, Action watch)
    {
        int[] rows = [.. scan.Files.Indices];
        Array.Sort(rows, (a, b) => UnitList.Compare(scan.Files[a], scan.Files[b]) is not 0 and var order ? order : a.CompareTo(b));
        var shared = new List<int>();
        var gate = new Lock();
        var next = -1;
        ParallelWork.Run(threads, (_, stop) =>
        {
            using var directories = new DirectoryDescriptors(scan);
            using var blocks = new BlockMap();
            for (int i; !stop() && (i = Interlocked.Increment(ref next)) < rows.Length;)
            {
                // one of several names stays one file: it is named by the first of them, and rewritten where it lies
                ref var row = ref scan.Files[rows[i]];
                var isFirst = i == 0 || UnitList.Compare(scan.Files[rows[i - 1]], row) != 0;
                if (IsShared(scan, directories, blocks, ref row, isFirst))
                {
                    lock (gate)
                    {
                        shared.Add(i);
                    }
                }
            }
        }, watch);
        shared.Sort();
        return new SharedFiles(rows, shared, shared.Sum(s => scan.Files[rows[s]].Bytes));
    }

    /// <summary>Those that an undo is of.</summary>
    /// <param name="call">Who asks.</param>
    /// <param name="isLocked">Whether the caller holds the locks of the vservers.</param>
    /// <param name="scan">Of the vservers that are asked about, without what goes on sharing.</param>
    /// <param name="request">The undo.</param>
    /// <exception cref="ProblemException">Unsupported: of packages, and they cannot be told. NotFound: a package is nowhere installed.</exception>
    public static SharedFiles Find(Invocation call, bool isLocked, TreeScan scan, UnificationRequest request)
    {
        var all = Find(scan, request.Threads, call.Cancel.ThrowIfCancellationRequested);
        if (request.Scope != UnificationScope.Package)
        {
            return all;
        }

        var packages = new PackageFiles(call, isLocked, scan, request.VServers, request.Packages);
        if (packages.Unread.Count > 0)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"Which files of {string.Join(", ", packages.Unread)} belong to packages cannot be told. Leave out '-- …': they get files of their own for all that they share.{string.Concat(packages.Faults.Select(f => " " + f))}");
        }

        List<int> shared = [.. all.Shared.Where(s => IsInPackage(scan, packages, all.Rows.AsSpan(s)))];
        return new SharedFiles(all.Rows, shared, shared.Sum(s => scan.Files[all.Rows[s]].Bytes));
    }

    /// <summary>Whether the first of some rows is of a package; one that is rewritten where it lies by any of its names, which follow it.</summary>
    private static bool IsInPackage(TreeScan scan, PackageFiles packages, ReadOnlySpan<int> rows)
    {
        ref var first = ref scan.Files[rows[0]];
        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];
            if (UnitList.Compare(row, first) != 0)
            {
                return false;
            }

            if (packages.Find(scan.TreeOf(row), scan.PathHashOf(row), out _) is SkipReason.None or SkipReason.Configuration)
            {
                return true;
            }

            if (!first.Has(FileMarks.Touched))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Why they cannot be separated with so many bytes free; null where they can.</summary>
    public ProblemException? Fault(long bytesFree) => Bytes <= bytesFree
        ? null
        : new ProblemException(ProblemCode.NoSpace, $"Files of their own take {ByteSize.Format(Bytes)}, and {ByteSize.Format(bytesFree)} are free. Make room, or name fewer vservers.");

    private static unsafe bool IsShared(TreeScan scan, DirectoryDescriptors directories, BlockMap blocks, ref FileRow row, bool isFirst)
    {
        // also one that was changed since the scan: its blocks may be shared still, and whoever copies it looks again
        var fd = OpenedFile.OpenUnchecked(directories[row.Directory], scan.Names[row.Name], out var reason);
        if (fd < 0)
        {
            // in use: it may be shared, and is told
            row.Reason = reason == SkipReason.BeingWritten ? reason : SkipReason.None;
            return false;
        }

        if (!Libc.TryStatx(fd, out var stat) || stat.Inode != row.Inode || (stat.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            _ = Libc.close(fd);
            return false;
        }

        var result = false;
        if (row.Links > 1)
        {
            result = SharedMark.IsOn(fd, stat, isImmutable: false) || SharedMark.IsOn(fd, stat, isImmutable: true);
            if (!result && isFirst)
            {
                _ = blocks.HashOf(fd, row.Size, out result);
                row.Marks |= result ? FileMarks.Touched : FileMarks.None;
            }
        }
        else
        {
            _ = blocks.HashOf(fd, row.Size, out result);
        }

        _ = Libc.close(fd);
        return result;
    }
}
