using System.Runtime.InteropServices;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Unification.Scanning;

/// <summary>Walks some trees at once: every directory by its path below the tree's descriptor, never over a symlink or onto another mount; one statx(2) a file.</summary>
internal sealed class TreeScanner(TreeScan scan, Exclusions exclusions)
{
    private readonly Stack<int> _waiting = new();
    private int _busy;
    private long _files;

    /// <summary>Files seen so far.</summary>
    public long Seen => Volatile.Read(ref _files);

    public void Run(int walkers, Action? watch = null)
    {
        var writer = scan.Directories.NewWriter();
        for (var tree = 0; tree < scan.Trees.Count; tree++)
        {
            _waiting.Push(writer.Add(new DirectoryRow { Parent = -1, Tree = (ushort)tree, PathHash = PathHash.Root }));
        }

        writer.Close();
        ParallelWork.Run(walkers, (_, stop) => new Walker(this).Run(stop), watch);
    }

    // the last found first: as few as possible wait, whatever the trees look like
    private int Take(Func<bool> stop)
    {
        lock (_waiting)
        {
            while (true)
            {
                if (_waiting.TryPop(out var directory))
                {
                    _busy++;
                    return directory;
                }

                if (_busy == 0 || stop())
                {
                    Monitor.PulseAll(_waiting);
                    return -1;
                }

                // a walker that failed wakes nobody
                Monitor.Wait(_waiting, 100);
            }
        }
    }

    private void Give(List<int> directories)
    {
        lock (_waiting)
        {
            for (var i = directories.Count - 1; i >= 0; i--)
            {
                _waiting.Push(directories[i]);
            }

            _busy--;
            if (directories.Count > 1 || _busy == 0)
            {
                Monitor.PulseAll(_waiting);
            }
        }
    }

    private sealed unsafe class Walker(TreeScanner owner)
    {
        private const int BufferSize = 1 << 16;
        private const int PathMax = 4096;

        private readonly TreeScan _scan = owner.Scan;
        private readonly ChunkedTable<FileRow>.Writer _files = owner.Scan.Files.NewWriter();
        private readonly ChunkedTable<DirectoryRow>.Writer _directories = owner.Scan.Directories.NewWriter();
        private readonly ByteArena.Writer _names = owner.Scan.Names.NewWriter();
        private readonly TreeCount[] _counts = [.. owner.Scan.Trees.Select(_ => new TreeCount())];
        private readonly byte[] _path = new byte[PathMax + 256];
        private readonly List<int> _found = [];
        private (ulong Inode, int Offset)[] _entries = new (ulong, int)[1024];
        private byte[] _heap = new byte[BufferSize];
        private int _entryCount;
        private int _heapUsed;
        private ulong _lastDevice = ulong.MaxValue;
        private byte _lastNumber;

        public void Run(Func<bool> stop)
        {
            using var entries = new EntryReader();
            try
            {
                for (int directory; (directory = owner.Take(stop)) >= 0;)
                {
                    _found.Clear();
                    try
                    {
                        Read(directory, entries);
                    }
                    finally
                    {
                        owner.Give(_found);
                    }
                }
            }
            finally
            {
                _files.Close();
                _directories.Close();
                lock (_scan.Counts)
                {
                    for (var i = 0; i < _counts.Length; i++)
                    {
                        _scan.Counts[i].Add(_counts[i]);
                    }
                }
            }
        }

        private void Read(int directory, EntryReader entries)
        {
            var row = _scan.Directories[directory];
            var length = _scan.PathOf(directory, _path.AsSpan(0, PathMax));
            int fd;
            fixed (byte* path = _path)
            {
                fd = length < 0 ? -1 : Libc.OpenBeneath((int)_scan.Roots[row.Tree].DangerousGetHandle(), path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
            }

            if (fd < 0)
            {
                // gone, or something else by now; a mount (EXDEV); a path beyond PATH_MAX
                _counts[row.Tree].NotEntered++;
                return;
            }

            try
            {
                if (length == 1 && _path[0] == (byte)'.')
                {
                    length = 0;
                }

                (_entryCount, _heapUsed) = (0, 0);
                entries.Begin();
                while (entries.Next(fd))
                {
                    Take(directory, row, length, fd, entries);
                }

                Look(directory, row, fd);
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }

        private void Take(int directory, in DirectoryRow row, int pathLength, int fd, EntryReader entries)
        {
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries.Name);
            var type = entries.Type == EntryReader.Unknown ? TypeOf(fd, entries.Name) : entries.Type;
            if (type == EntryReader.Regular)
            {
                Keep(entries.Inode, name);
            }
            else if (type == EntryReader.Directory)
            {
                AddDirectory(directory, row, pathLength, name);
            }
        }

        private void AddDirectory(int parent, in DirectoryRow row, int pathLength, ReadOnlySpan<byte> name)
        {
            var start = pathLength == 0 ? 0 : pathLength + 1;
            if (pathLength > 0)
            {
                _path[pathLength] = (byte)'/';
            }

            name.CopyTo(_path.AsSpan(start));
            _found.Add(_directories.Add(new DirectoryRow
            {
                Parent = parent,
                Name = _names.Add(name),
                NameLength = (byte)name.Length,
                PathHash = PathHash.Below(row.PathHash, name),
                Tree = row.Tree,
                IsExcluded = owner.Exclusions.IsExcluded(_path.AsSpan(0, start + name.Length), row.IsExcluded),
            }));
        }

        private void Keep(ulong inode, ReadOnlySpan<byte> name)
        {
            if (_entryCount == _entries.Length)
            {
                Array.Resize(ref _entries, _entryCount * 2);
            }

            if (_heapUsed + name.Length + 2 > _heap.Length)
            {
                Array.Resize(ref _heap, _heap.Length * 2);
            }

            _entries[_entryCount++] = (inode, _heapUsed);
            _heap[_heapUsed++] = (byte)name.Length;
            name.CopyTo(_heap.AsSpan(_heapUsed));
            _heapUsed += name.Length;
            _heap[_heapUsed++] = 0;
        }

        /// <summary>Looks at the files in the order of their inodes, as they lie on the disk: a directory's own order is that of a hash.</summary>
        private void Look(int directory, in DirectoryRow row, int fd)
        {
            var entries = _entries.AsSpan(0, _entryCount);
            entries.Sort(static (a, b) => a.Inode.CompareTo(b.Inode));
            var mount = _scan.RootStats[row.Tree].MountId;
            fixed (byte* heap = _heap)
            {
                foreach (var (_, offset) in entries)
                {
                    Libc.Statx stat;
                    if (Libc.statx(fd, heap + offset + 1, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &stat) == 0 && (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG)
                    {
                        Add(directory, row, stat, mount, new ReadOnlySpan<byte>(heap + offset + 1, heap[offset]));
                    }
                }
            }

            Interlocked.Add(ref owner._files, entries.Length);
        }

        private void Add(int directory, in DirectoryRow row, in Libc.Statx stat, ulong mount, ReadOnlySpan<byte> name)
        {
            var count = _counts[row.Tree];
            var bytes = (long)stat.Blocks * 512;
            count.Files++;
            count.Bytes += bytes;
            var reason = row.IsExcluded ? SkipReason.ExcludedDirectory : Eligibility.OfFile(stat, mount);
            if (reason != SkipReason.None)
            {
                count.Skip(reason, bytes);
                return;
            }

            _files.Add(new FileRow
            {
                Inode = stat.Inode,
                Size = (long)stat.Size,
                ModifySeconds = stat.Modify.Seconds,
                ModifyNanoseconds = stat.Modify.Nanoseconds,
                ChangeSeconds = stat.Change.Seconds,
                ChangeNanoseconds = stat.Change.Nanoseconds,
                Directory = directory,
                Name = _names.Add(name),
                NameLength = (byte)name.Length,
                Uid = stat.Uid,
                Gid = stat.Gid,
                Links = stat.LinkCount,
                Blocks = (uint)Math.Min(stat.Blocks, uint.MaxValue),
                Mode = stat.Mode,
                Device = DeviceNumber(stat),
                Marks = (stat.Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0 ? FileMarks.Immutable : FileMarks.None,
            });
        }

        private byte DeviceNumber(in Libc.Statx stat)
        {
            var device = ((ulong)stat.DevMajor << 32) | stat.DevMinor;
            if (device != _lastDevice)
            {
                (_lastDevice, _lastNumber) = (device, _scan.DeviceNumber(stat));
            }

            return _lastNumber;
        }

        // file systems that do not tell a name's type (xfs without ftype)
        private static byte TypeOf(int fd, byte* name)
        {
            Libc.Statx stat;
            return Libc.statx(fd, name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) != 0 ? (byte)0 : (byte)((stat.Mode & Libc.S_IFMT) >> 12);
        }
    }

    private TreeScan Scan => scan;

    private Exclusions Exclusions => exclusions;
}
