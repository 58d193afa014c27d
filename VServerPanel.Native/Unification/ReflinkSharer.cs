using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Sharing by blocks, one for each thread: inodes stay, only what they point to becomes the same. The kernel compares.</summary>
/// <remarks>One file of each path is read, where there are several, and parted by content as for hard links; the others of those paths are given to the kernel unread.
/// Those that it finds different are parted by content then.</remarks>
internal sealed class ReflinkSharer(SharingWork work) : IDisposable
{
    private readonly TreeScan _scan = work.Scan;
    private readonly ContentPartition _content = new();
    private readonly Dedupe _dedupe = new();
    private readonly int[] _files = new int[work.Descriptors.OfBucket];
    private readonly int[] _classes = new int[work.Descriptors.OfBucket];
    private readonly int[] _who = new int[work.Descriptors.OfBucket];
    private readonly int[] _targets = new int[Dedupe.MostTargets];
    private readonly int[] _results = new int[Dedupe.MostTargets];
    private readonly int[] _contents = new int[work.Descriptors.OfBucket];
    private readonly List<int> _first = [];
    private readonly List<int> _uncompared = [];
    private ReflinkPart _part = new(work.Scan);
    private Func<bool> _stop = static () => false;
    private bool _haveSomeDiffered;
    private bool _isLast;

    private UnitList Units => _part.Units;

    /// <summary>Shares what is equal.</summary>
    /// <param name="part">Open files of one size.</param>
    /// <param name="stop">Whether this is to end.</param>
    public void Share(ReflinkPart part, Func<bool> stop)
    {
        (_part, _stop, _haveSomeDiffered, _isLast) = (part, stop, false, false);
        _uncompared.Clear();
        TakePathsForEqual();
        JoinEqual();
        if (_haveSomeDiffered)
        {
            _isLast = true;
            JoinEqual();
        }

        Note();
        work.Done(part.Rows.Count, part.Rows.Count * part.Size);
    }

    public void Dispose()
    {
        _content.Dispose();
        _dedupe.Dispose();
    }

    /// <summary>Files of the same path are mostly equal: one of each path is compared, and the kernel compares the others with it.</summary>
    private void TakePathsForEqual()
    {
        var followers = _part.Members.Where(m => Units[m].IsJoined).CountBy(m => Units[m].Class).ToDictionary();
        var keys = _part.Members.Where(m => !Units[m].IsJoined)
            .Select(m => (Path: _scan.PathHashOf(_scan.Files[_part.Rows[Units[m].Start]]), Less: -followers.GetValueOrDefault(m), Unit: m)).ToArray();
        Array.Sort(keys);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from; to < keys.Length && keys[to].Path == keys[from].Path; to++)
            {
                // the first: the one with which most share already
                Units[keys[to].Unit].Class = keys[from].Unit;
            }
        }

        foreach (var member in _part.Members)
        {
            ref var unit = ref Units[member];
            if (unit.IsJoined && Units[unit.Class].Class is var first && first != unit.Class)
            {
                (unit.Class, unit.IsJoined) = (first, false);
            }
        }
    }

    /// <summary>The first of each class is read, all in lock step; the classes of equal ones are given to the kernel, and become one.</summary>
    private void JoinEqual()
    {
        _first.Clear();
        foreach (var member in _part.Members)
        {
            if (Units[member].Class == member)
            {
                _files[_first.Count] = Units[member].Descriptor;
                _first.Add(member);
            }
        }

        _classes.AsSpan(0, _first.Count).Clear();
        var found = _first.Count < 2 ? 1 : _content.Split(_files.AsSpan(0, _first.Count), _part.Size, _classes, _stop);
        for (var i = 0; i < _first.Count; i++)
        {
            if (_classes[i] < 0)
            {
                _uncompared.Add(_first[i]);
            }

            _contents[_first[i]] = _classes[i] < 0 ? found++ : _classes[i];
        }

        var keys = new (int Content, int Unit)[_part.Members.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (_contents[Units[_part.Members[i]].Class], _part.Members[i]);
        }

        Array.Sort(keys);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from + 1; to < keys.Length && keys[to].Content == keys[from].Content; to++)
            {
            }

            Join(keys.AsSpan(from, to - from));
        }
    }

    private void Join(ReadOnlySpan<(int Content, int Unit)> equal)
    {
        var source = Units[equal[0].Unit].Class;
        foreach (var (_, member) in equal)
        {
            if (Units[member].IsJoined)
            {
                // many share with it already
                source = Units[member].Class;
                break;
            }
        }

        var count = 0;
        foreach (var (_, member) in equal)
        {
            if (member != source && !(Units[member].IsJoined && Units[member].Class == source))
            {
                _who[count++] = member;
                if (count == Dedupe.MostTargets)
                {
                    Join(source, count);
                    count = 0;
                }
            }
        }

        Join(source, count);
    }

    /// <summary>Lets the units in <c>_who</c> share the blocks of one, those that are equal.</summary>
    private void Join(int source, int count)
    {
        var wanted = 0;
        for (var i = 0; i < count; i++)
        {
            ref var unit = ref Units[_who[i]];
            if (unit.Attributes != 0 && unit.Attributes == Units[source].Attributes)
            {
                // they share every block already
                (unit.Class, unit.IsJoined) = (source, true);
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
            _targets[i] = Units[_who[i]].Descriptor;
        }

        _dedupe.Share(Units[source].Descriptor, _targets.AsSpan(0, count), _part.Size, _part.First, _results, _stop);

        // the kernel compares what both have, however much that is by now: it says nothing of files that have changed
        var isSourceSame = IsAsScanned(source);
        if (!isSourceSame)
        {
            _uncompared.Add(source);
        }

        for (var i = 0; i < count; i++)
        {
            ref var unit = ref Units[_who[i]];
            if (!isSourceSame || (_results[i] >= 0 && !IsAsScanned(_who[i])))
            {
                Leave(_who[i], SkipReason.Changed);
            }
            else if (_results[i] == Libc.FILE_DEDUPE_RANGE_SAME)
            {
                (unit.Class, unit.IsJoined) = (source, true);
                var own = _part.RowsOf(unit);
                foreach (var index in own)
                {
                    _scan.Files[index].Marks |= FileMarks.Replaced;
                    work.Changed(index == own[0] ? _scan.Files[index].Bytes : 0);
                }
            }
            else if (_results[i] > 0)
            {
                (unit.Class, unit.IsJoined, _haveSomeDiffered) = (_who[i], false, true);
                if (_isLast)
                {
                    // they were equal when they were read
                    _uncompared.Add(_who[i]);
                }
            }
            else
            {
                // EINVAL: btrfs keeps small files beside their names (it had not been written yet when its blocks were looked for); ETXTBSY, EPERM: swap files and the like
                Leave(_who[i], _results[i] == -ErrnoNames.EINVAL ? SkipReason.Inline : SkipReason.Unreadable);
            }
        }
    }

    private bool IsAsScanned(int unit) =>
        Libc.TryStatx(Units[unit].Descriptor, out var stat) && OpenedFile.IsSame(stat, _scan.Files[_part.Rows[Units[unit].Start]]);

    private void Leave(int unit, SkipReason reason)
    {
        Units[unit].Class = -1;
        _part.Members.Remove(unit);
        work.Refuse(_part.RowsOf(Units[unit]), reason);
    }

    private void Note()
    {
        var sizes = new Dictionary<int, (int Units, uint Number)>();
        foreach (var member in _part.Members)
        {
            var (units, number) = sizes.GetValueOrDefault(Units[member].Class, (0, 0u));
            sizes[Units[member].Class] = (units + 1, number == 0 ? work.Known.NewNumber() : number);
        }

        foreach (var member in _part.Members)
        {
            ref var unit = ref Units[member];
            var own = _part.RowsOf(unit);
            var (units, number) = sizes[unit.Class];
            work.Conclude(own, units > 1 ? SkipReason.None : Units.Count == 1 ? SkipReason.Alone : SkipReason.Differs);
            work.Note(own, _part.Group, number);
        }

        // could not be read, were changed, or this was cancelled: whether they differ from others nobody knows
        var unknown = _uncompared.Select(u => Units[u].Class).Where(c => c >= 0).ToHashSet();
        foreach (var member in unknown.Count > 0 ? _part.Members : [])
        {
            if (unknown.Contains(Units[member].Class))
            {
                if (sizes[Units[member].Class].Units == 1)
                {
                    work.Conclude(_part.RowsOf(Units[member]), SkipReason.Unreadable);
                }

                work.Forget(_part.RowsOf(Units[member]));
            }
        }

        // on record as well: they need not be opened again to find that out
        foreach (var unit in _part.Inline)
        {
            var own = _part.RowsOf(Units[unit]);
            work.Conclude(own, SkipReason.Inline);
            work.Note(own, _part.Group, KnownFiles.InlineClass);
        }
    }
}
