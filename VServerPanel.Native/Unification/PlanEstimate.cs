using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>What sharing would come to, one for each thread: from attributes, from what earlier runs found, and from where blocks lie. No content is read.</summary>
/// <param name="scan">The files.</param>
/// <param name="known">What earlier runs found.</param>
/// <param name="met">Inodes that were counted, of all threads.</param>
internal sealed class PlanEstimate(TreeScan scan, KnownFiles known, InodeSet met) : IDisposable
{
    private readonly UnitList _units = new(scan);
    private readonly DirectoryDescriptors _directories = new(scan);
    private readonly BlockMap _blocks = new();
    private readonly BlockUsers _users = new();

    public long FilesToShare { get; private set; }

    public long FilesShared { get; private set; }

    /// <summary>Allocated bytes that would be freed: at most, where content was not compared.</summary>
    public long BytesSaved { get; private set; }

    /// <summary>Whether some of it hangs on content that nobody has compared.</summary>
    public bool IsEstimate { get; private set; }

    public void Dispose()
    {
        _directories.Dispose();
        _blocks.Dispose();
    }

    /// <summary>Adds a bucket that would be shared by hard links, and marks its files.</summary>
    /// <param name="rows">Its files.</param>
    /// <param name="isQuick">Whether they are taken for equal.</param>
    public void AddLinks(Span<int> rows, bool isQuick)
    {
        _units.Read(rows);
        rows = WithoutLinked(rows);
        _units.Read(rows);
        var isKnown = known.Recall(scan, rows);
        IsEstimate |= !isKnown && _units.Count > 1 && !isQuick;
        var classes = new Dictionary<uint, int>();
        for (var i = 0; i < _units.Count; i++)
        {
            var own = rows.Slice(_units[i].Start, _units[i].Count);
            ref var row = ref scan.Files[own[0]];
            var key = isKnown ? row.Class : 0;
            var isFirst = !classes.TryGetValue(key, out var names);
            classes[key] = names + own.Length;
            FilesShared += own.Length > 1 ? own.Length : 0;
            Mark(own, isReplaced: !isFirst);
            BytesSaved += !isFirst && own.Length == row.Links ? row.Bytes : 0;
        }

        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];
            if (classes[isKnown ? row.Class : 0] == 1)
            {
                row.Marks &= ~FileMarks.Shared;
                row.Reason = SkipReason.Differs;
            }
        }
    }

    /// <summary>Adds a bucket that would be shared by blocks, and marks its files.</summary>
    public void AddBlocks(Span<int> rows)
    {
        if (!known.Recall(scan, rows))
        {
            AddByPlace(rows);
            return;
        }

        ComparedBucket.Conclude(scan, rows);
        foreach (var index in rows)
        {
            FilesShared += scan.Files[index].Has(FileMarks.Shared) ? 1 : 0;
        }
    }

    /// <summary>Files that nobody has compared: those of the same blocks are shared already, all others may be equal.</summary>
    private void AddByPlace(Span<int> rows)
    {
        _units.Read(rows);
        _users.Clear();
        for (var i = 0; i < _units.Count; i++)
        {
            _units[i].Place = PlaceOf(rows.Slice(_units[i].Start, _units[i].Count));
        }

        var best = 0;
        for (var i = 1; i < _users.Count; i++)
        {
            best = _users.RankOf(i) > _users.RankOf(best) ? i : best;
        }

        var isAlone = _users.Count == 1 && _users.UsersOf(best) == 1;
        IsEstimate |= _users.Count > 1;
        for (var i = 0; i < _units.Count; i++)
        {
            var own = rows.Slice(_units[i].Start, _units[i].Count);
            var place = _units[i].Place;
            if (place < 0)
            {
                continue;
            }

            if (isAlone)
            {
                scan.Conclude(own, _units.Count == 1 ? SkipReason.Alone : SkipReason.Differs);
                continue;
            }

            FilesShared += place == best && _users.UsersOf(place) > 1 ? own.Length : 0;
            Mark(own, isReplaced: place != best);
        }

        for (var i = 0; i < _units.Count; i++)
        {
            if (_units[i].Place is >= 0 and var place && place != best)
            {
                var freed = _users.Move(place, best);
                BytesSaved += met.Add(scan.Files[rows[_units[i].Start]]) ? freed : 0;
            }
        }
    }

    /// <summary>Where the blocks of an inode lie; -1 where it has none, or cannot be opened, and its names are told why.</summary>
    private unsafe int PlaceOf(ReadOnlySpan<int> names)
    {
        ref var row = ref scan.Files[names[0]];
        var fd = OpenedFile.Open(_directories[row.Directory], scan.Names[row.Name], row, withLease: false, out _, out var reason);
        var (map, own, isInline) = (0ul, 0L, false);
        if (fd >= 0)
        {
            map = _blocks.HashOf(fd, row.Size, out own, out isInline);
            _ = Interop.Libc.close(fd);
        }

        if (fd >= 0 && !isInline)
        {
            return _users.Add(map, own, row.ContentBytes);
        }

        scan.Conclude(names, isInline ? SkipReason.Inline : reason);
        return -1;
    }

    private void Mark(ReadOnlySpan<int> names, bool isReplaced)
    {
        FilesToShare += isReplaced ? names.Length : 0;
        foreach (var index in names)
        {
            scan.Files[index].Marks |= isReplaced ? FileMarks.Shared | FileMarks.Replaced : FileMarks.Shared;
        }
    }

    /// <summary>Leaves out files that one vserver has under several names.</summary>
    private Span<int> WithoutLinked(Span<int> rows)
    {
        var kept = 0;
        for (var i = 0; i < _units.Count; i++)
        {
            var own = rows.Slice(_units[i].Start, _units[i].Count);
            var tree = scan.TreeOf(scan.Files[own[0]]);
            var isLinked = scan.Files[own[0]].Links > 1;
            foreach (var index in own)
            {
                isLinked &= scan.TreeOf(scan.Files[index]) == tree;
            }

            // what is shared with a vserver that is not asked about looks the same, and is rare
            foreach (var index in own)
            {
                if (isLinked && scan.Files[own[0]].Links == own.Length)
                {
                    scan.Files[index].Reason = SkipReason.HardLinked;
                }
                else
                {
                    rows[kept++] = index;
                }
            }
        }

        return rows[..kept];
    }
}
