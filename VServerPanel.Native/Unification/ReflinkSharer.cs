using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Sharing by blocks, one for each thread: inodes stay, only what they point to becomes the same. The kernel compares.</summary>
/// <remarks>Files of the same path are given to the kernel unread. What differs there, and the first of each path, are parted by content as for hard links.</remarks>
internal sealed unsafe class ReflinkSharer(SharingWork work) : IDisposable
{
    // those that have no block, in what is known of files: no class has this number
    private const uint InlineClass = uint.MaxValue;

    private readonly TreeScan _scan = work.Scan;
    private readonly UnitList _units = new(work.Scan);
    private readonly DirectoryDescriptors _directories = new(work.Scan);
    private readonly ContentPartition _content = new();
    private readonly Dedupe _dedupe = new();
    private readonly BlockMap _blocks = new();
    private readonly List<int> _members = [];
    private readonly List<int> _inline = [];
    private readonly int[] _files = new int[work.Descriptors.OfBucket];
    private readonly int[] _classes = new int[work.Descriptors.OfBucket];
    private readonly int[] _who = new int[work.Descriptors.OfBucket];
    private readonly int[] _targets = new int[Dedupe.MostTargets];
    private readonly int[] _results = new int[Dedupe.MostTargets];
    private Func<bool> _stop = static () => false;

    /// <summary>Looks at a bucket, and shares what is equal in it.</summary>
    public void Share(Span<int> rows, Func<bool> stop)
    {
        _stop = stop;
        _units.Read(rows);
        if (work.Recall(rows))
        {
            ConcludeKnown(rows);
        }
        else
        {
            for (var from = 0; from < _units.Count; from += _files.Length)
            {
                ShareUnits(rows, from, Math.Min(_files.Length, _units.Count - from));
            }
        }

        work.Done(rows.Length, rows.Length * _scan.Files[rows[0]].Size);
    }

    public void Dispose()
    {
        _directories.Dispose();
        _content.Dispose();
        _dedupe.Dispose();
        _blocks.Dispose();
    }

    private void ConcludeKnown(Span<int> rows)
    {
        rows.Sort((a, b) => _scan.Files[a].Class.CompareTo(_scan.Files[b].Class));
        for (int from = 0, to; from < rows.Length; from = to)
        {
            for (to = from + 1; to < rows.Length && _scan.Files[rows[to]].Class == _scan.Files[rows[from]].Class; to++)
            {
            }

            work.Conclude(rows[from..to], _scan.Files[rows[from]].Class == InlineClass ? SkipReason.Inline : to - from > 1 ? SkipReason.None : SkipReason.Differs);
        }
    }

    private void ShareUnits(Span<int> rows, int from, int count)
    {
        using var reserved = work.Descriptors.Reserve(count);
        try
        {
            _members.Clear();
            _inline.Clear();
            for (var i = from; i < from + count; i++)
            {
                ref var unit = ref _units[i];
                ref var row = ref _scan.Files[rows[unit.Start]];
                unit.Descriptor = OpenedFile.Open(_directories[row.Directory], _scan.Names[row.Name], row, withLease: false, out _, out var reason);
                if (unit.Descriptor < 0)
                {
                    Refuse(rows, unit, reason);
                    continue;
                }

                unit.Attributes = _blocks.HashOf(unit.Descriptor, row.Size, out _, out var isInline);
                if (isInline)
                {
                    _inline.Add(i);
                    continue;
                }

                unit.Class = i;
                _members.Add(i);

                // asked for together, and read while others are opened
                _ = Libc.posix_fadvise(unit.Descriptor, 0, Math.Min(row.Size, 1 << 20), Libc.POSIX_FADV_WILLNEED);
            }

            ByPath(rows);
            ByContent(rows);
            Note(rows, count);
        }
        finally
        {
            for (var i = from; i < from + count; i++)
            {
                if (_units[i].Descriptor >= 0)
                {
                    _ = Libc.close(_units[i].Descriptor);
                }
            }
        }
    }

    /// <summary>Files of the same path, which are mostly equal: the kernel is asked at once.</summary>
    private void ByPath(Span<int> rows)
    {
        var keys = new (ulong Path, int Unit)[_members.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (_scan.PathHashOf(_scan.Files[rows[_units[_members[i]].Start]]), _members[i]);
        }

        Array.Sort(keys);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from + 1; to < keys.Length && keys[to].Path == keys[from].Path; to++)
            {
            }

            for (var at = from + 1; at < to; at += Dedupe.MostTargets)
            {
                var count = Math.Min(Dedupe.MostTargets, to - at);
                for (var i = 0; i < count; i++)
                {
                    _who[i] = keys[at + i].Unit;
                }

                Join(rows, keys[from].Unit, count);
            }
        }
    }

    /// <summary>What is left, one of each class, is read in lock step; equal ones are given to the kernel.</summary>
    private void ByContent(Span<int> rows)
    {
        var first = new List<int>();
        foreach (var member in _members)
        {
            if (_units[member].Class == member)
            {
                _files[first.Count] = _units[member].Descriptor;
                first.Add(member);
            }
        }

        if (first.Count < 2)
        {
            return;
        }

        var found = _content.Split(_files.AsSpan(0, first.Count), _scan.Files[rows[0]].Size, _classes, _stop);
        for (var c = 0; c < found; c++)
        {
            var source = -1;
            var equal = new List<int>();
            for (var i = 0; i < first.Count; i++)
            {
                if (_classes[i] == c && source < 0)
                {
                    source = first[i];
                }
                else if (_classes[i] == c)
                {
                    equal.AddRange(_members.Where(m => _units[m].Class == first[i]));
                }
            }

            for (var at = 0; at < equal.Count; at += Dedupe.MostTargets)
            {
                var count = Math.Min(Dedupe.MostTargets, equal.Count - at);
                equal.CopyTo(at, _who, 0, count);
                Join(rows, source, count);
            }
        }
    }

    /// <summary>Lets the units in <c>_who</c> share the blocks of one, those that are equal.</summary>
    private void Join(Span<int> rows, int source, int count)
    {
        var wanted = 0;
        for (var i = 0; i < count; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (unit.Attributes != 0 && unit.Attributes == _units[source].Attributes)
            {
                // they share every block already
                unit.Class = source;
            }
            else
            {
                _who[wanted++] = _who[i];
            }
        }

        count = wanted;
        if (count == 0)
        {
            return;
        }

        for (var i = 0; i < count; i++)
        {
            _targets[i] = _units[_who[i]].Descriptor;
        }

        _dedupe.Share(_units[source].Descriptor, _targets.AsSpan(0, count), _scan.Files[rows[0]].Size, _results, _stop);
        for (var i = 0; i < count; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (_results[i] == Libc.FILE_DEDUPE_RANGE_SAME)
            {
                unit.Class = source;
                var own = rows.Slice(unit.Start, unit.Count);
                foreach (var index in own)
                {
                    _scan.Files[index].Marks |= FileMarks.Replaced;
                    work.Changed(index == own[0] ? _scan.Files[index].Bytes : 0);
                }
            }
            else if (_results[i] < 0)
            {
                // EINVAL: btrfs keeps small files beside their names; ETXTBSY, EPERM: swap files and the like
                unit.Class = -1;
                _members.Remove(_who[i]);
                if (_results[i] == -ErrnoNames.EINVAL)
                {
                    _inline.Add(_who[i]);
                }
                else
                {
                    Refuse(rows, unit, SkipReason.Unreadable);
                }
            }
        }
    }

    private void Note(Span<int> rows, int count)
    {
        var group = work.Known.NewNumber();
        var sizes = new Dictionary<int, (int Units, uint Number)>();
        foreach (var member in _members)
        {
            var (units, number) = sizes.GetValueOrDefault(_units[member].Class, (0, 0u));
            sizes[_units[member].Class] = (units + 1, number == 0 ? work.Known.NewNumber() : number);
        }

        foreach (var member in _members)
        {
            ref var unit = ref _units[member];
            var own = rows.Slice(unit.Start, unit.Count);
            var (units, number) = sizes[unit.Class];
            work.Conclude(own, units > 1 ? SkipReason.None : count == 1 ? SkipReason.Alone : SkipReason.Differs);
            work.Note(own, group, number);
        }

        // on record as well: they need not be opened again to find that out
        foreach (var unit in _inline)
        {
            var own = rows.Slice(_units[unit].Start, _units[unit].Count);
            work.Conclude(own, SkipReason.Inline);
            work.Note(own, group, InlineClass);
        }
    }

    private void Refuse(Span<int> rows, in Unit unit, SkipReason reason)
    {
        work.Conclude(rows.Slice(unit.Start, unit.Count), reason);
        work.Forget(rows.Slice(unit.Start, unit.Count));
    }
}
