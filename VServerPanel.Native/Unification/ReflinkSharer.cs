using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Sharing by blocks, one for each thread: inodes stay, only what they point to becomes the same. The kernel compares.</summary>
/// <remarks>One file of each path is read, where there are several, and parted by content as for hard links; the others of those paths are given to the kernel unread.
/// Those that it finds different are parted by content then.</remarks>
internal sealed partial class ReflinkSharer(SharingWork work) : IDisposable
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
    private readonly List<(int Unit, SkipReason Reason)> _uncompared = [];
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
        var keys = _part.Members.Where(m => !Units[m].IsJoined)
            .Select(m => (Path: _scan.PathHashOf(_scan.Files[_part.Rows[Units[m].Start]]), Less: -_part.Blocks.RankOf(Units[m].Place), Unit: m)).ToArray();
        Array.Sort(keys);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from; to < keys.Length && keys[to].Path == keys[from].Path; to++)
            {
                // the first: the one with which others share already
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
                _uncompared.Add((_first[i], SkipReason.Unreadable));
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
        var unknown = new Dictionary<int, SkipReason>();
        foreach (var (unit, reason) in _uncompared)
        {
            unknown[Units[unit].Class] = reason;
        }

        foreach (var member in unknown.Count > 0 ? _part.Members : [])
        {
            if (unknown.TryGetValue(Units[member].Class, out var reason))
            {
                if (sizes[Units[member].Class].Units == 1)
                {
                    work.Conclude(_part.RowsOf(Units[member]), reason);
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
