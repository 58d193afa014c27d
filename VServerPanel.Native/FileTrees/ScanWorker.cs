using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>One thread's part of a <see cref="DiskScan"/>.</summary>
internal sealed unsafe class ScanWorker(WorkStack<DiskScan.Found> work, IReadOnlyList<ScanRoot> roots, bool withRanges, KnownInodes known) : IDisposable
{

    // each level holds a descriptor: a guest that nests deeper than any path can name is not measured there
    private const int MaximumDepth = 1024;

    private readonly EntryReader _reader = new();
    private readonly ExtentReader _extents = new();
    private uint _device;

    public TreeTotals[] Totals { get; } = [.. roots.Select(_ => new TreeTotals())];

    public List<LinkedName> Names { get; } = [];

    public List<SharedRange> Ranges { get; } = [];

    public int FilesWithRanges { get; private set; }

    public void Dispose()
    {
        _reader.Dispose();
        _extents.Dispose();
    }

    /// <summary>Reads a directory: files are counted, directories pushed.</summary>
    public void Read(DiskScan.Found found)
    {
        var root = roots[found.Tree];
        if (Open(found, root) is not { } directory)
        {
            return;
        }

        try
        {
            var looksAtRanges = withRanges && root.CanShareRanges;
            _reader.Begin();
            while (_reader.Next(directory.Fd))
            {
                if (_reader.Type == EntryReader.Directory)
                {
                    Push(directory, found);
                }
                else if (_reader.Type == EntryReader.Regular && known.Find(_reader.Inode, _device) is { } again)
                {
                    Totals[found.Tree].Entries++;
                    Names.Add(again with { Tree = found.Tree });
                }
                else if (_reader.Type != EntryReader.Regular || !looksAtRanges || !TryCountOpened(directory.Fd, found.Tree, root))
                {
                    Count(directory, found, root);
                }
            }
        }
        finally
        {
            directory.Release();
        }
    }

    private OpenDirectory? Open(DiskScan.Found found, ScanRoot root)
    {
        if (found.Parent is null)
        {
            var top = Libc.fstatx(root.Directory.Handle);
            _device = ScanRoot.Pack(top.DevMajor, top.DevMinor);
            Totals[found.Tree].AddOwn((long)top.Allocated);
            return root.Directory.Use();
        }

        if (found.Parent.LeaveFor(found.Name, out var errno) is not { } directory)
        {
            // a running vserver changes while it is measured
            return errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP ? null : throw new ErrnoException(errno, "openat", PathMarshaller.Decode(found.Name.AsSpan()[..^1]));
        }

        var stat = Libc.fstatx(directory.Handle);
        if (stat.MountId != root.MountId)
        {
            directory.Release();
            return null;
        }

        _device = ScanRoot.Pack(stat.DevMajor, stat.DevMinor);
        Totals[found.Tree].Entries++;
        Totals[found.Tree].AddOwn((long)stat.Allocated);
        return directory;
    }

    private void Push(OpenDirectory directory, in DiskScan.Found found)
    {
        if (found.Depth < MaximumDepth)
        {
            work.Push(new DiskScan.Found(directory.Use(), _reader.CopyName(), found.Tree, found.Depth + 1));
        }
    }

    private void Count(OpenDirectory directory, in DiskScan.Found found, ScanRoot root)
    {
        if (!Libc.TryStatx(directory.Fd, _reader.Name, out var stat) || stat.MountId != root.MountId)
        {
            return;
        }

        if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR)
        {
            Push(directory, found);
            return;
        }

        Count(stat, found.Tree, sharedBytes: 0);
    }

    /// <summary>Counts a regular file with the blocks that it shares. False where it is none, or none that can be opened.</summary>
    private bool TryCountOpened(int directory, int tree, ScanRoot root)
    {
        // O_NONBLOCK: a guest may have put a FIFO in its place, or hold a lease on it (EAGAIN)
        var fd = Libc.OpenEntry(directory, _reader.Name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOATIME);
        if (fd < 0)
        {
            return false;
        }

        try
        {
            if (!Libc.TryStatx(fd, out var stat) || (stat.Mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                return false;
            }

            if (stat.MountId == root.MountId)
            {
                Count(stat, tree, stat.Blocks == 0 ? 0 : AddRanges(fd, stat, tree, root.FileSystem));
            }

            return true;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private long AddRanges(int fd, in Libc.Statx stat, int tree, uint fileSystem)
    {
        long bytes = 0;
        _extents.Begin();
        while (_extents.Next(fd) is var extent && extent is not null)
        {
            if ((extent->Flags & Libc.FIEMAP_EXTENT_SHARED) != 0)
            {
                var isEncoded = (extent->Flags & Libc.FIEMAP_EXTENT_ENCODED) != 0;
                Ranges.Add(new SharedRange(fileSystem, extent->Physical, extent->Length, stat.Inode, tree, stat.LinkCount > 1 ? -1 : FilesWithRanges, isEncoded));
                bytes += (long)extent->Length;
            }
        }

        FilesWithRanges += bytes > 0 && stat.LinkCount <= 1 ? 1 : 0;
        return bytes;
    }

    private void Count(in Libc.Statx stat, int tree, long sharedBytes)
    {
        var totals = Totals[tree];
        totals.Entries++;
        var isFile = (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG;
        var bytes = Math.Max(0, (long)stat.Allocated - sharedBytes);
        if (stat.LinkCount > 1)
        {
            var name = new LinkedName(stat.Inode, ScanRoot.Pack(stat.DevMajor, stat.DevMinor), tree, stat.LinkCount, isFile, sharedBytes > 0, bytes);
            Names.Add(name);
            known.Add(name);
            return;
        }

        totals.AddOwn(bytes);
        if (isFile)
        {
            totals.Files++;
            totals.SingleLinkBytes += (long)stat.Allocated;
            totals.SingleLinkLengths += (long)stat.Size;
        }
    }
}
