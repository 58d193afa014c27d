using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Equal files that are to become one: the inode that they will be lies in staging, whole.</summary>
/// <param name="Thread">Whose directory of staging it lies in.</param>
/// <param name="Number">Of its name there.</param>
/// <param name="Inode">Its number.</param>
/// <param name="Attributes">Of its extended attributes.</param>
/// <param name="IsFresh">Whether it was made for this, and is to be written to the disk before anybody gets it.</param>
/// <param name="Rows">That are to be replaced.</param>
/// <param name="Descriptors">Those that were kept open, with their leases, in the order of the inodes in <paramref name="Rows"/>; empty where none was.</param>
internal sealed record PendingClass(int Thread, int Number, ulong Inode, ulong Attributes, bool IsFresh, int[] Rows, int[] Descriptors)
{
    /// <summary>The descriptor of an inode, whose closing is the caller's now; -1 where it was not kept.</summary>
    public int TakeDescriptor(int number)
    {
        if (number >= Descriptors.Length)
        {
            return -1;
        }

        var fd = Descriptors[number];
        Descriptors[number] = -1;
        return fd;
    }

    /// <summary>Closes what nobody took.</summary>
    public void Close()
    {
        foreach (var fd in Descriptors.Where(d => d >= 0))
        {
            _ = Libc.close(fd);
        }
    }
}

/// <summary>The first half of sharing by hard links, one for each thread: finds equal files and puts the inode that they will be into staging.</summary>
internal sealed unsafe partial class LinkMatcher(SharingWork work, StagingArea staging, int thread, DirectoryDescriptors directories) : IDisposable
{
    // ext4 allows 65000 links (ext4(5)); room for those that guests make
    private const uint MostLinks = 60000;

    // milliseconds; a look at thousands takes one
    private const int BetweenLooks = 20;

    private readonly TreeScan _scan = work.Scan;
    private readonly UnitList _units = new(work.Scan);
    private readonly ExtendedAttributes _attributes = new(work.Attributes);
    private readonly ContentPartition _content = new();
    private readonly List<int> _rows = [];
    private readonly List<int> _kept = [];
    private readonly int[] _open = new int[work.Descriptors.OfBucket];
    private readonly int[] _who = new int[work.Descriptors.OfBucket];
    private readonly int[] _classes = new int[work.Descriptors.OfBucket];
    private FreshFile? _fresh;
    private Func<bool> _stop = static () => false;
    private int _number;
    private int _left;
    private long _nextLook;

    // taken for equal to the reference's without being read
    private bool _isUnread;

    /// <summary>What came of the buckets: for whom it is to take away.</summary>
    public List<PendingClass> Found { get; } = [];

    /// <summary>Looks at a bucket.</summary>
    /// <param name="rows">Of the bucket.</param>
    /// <param name="stop">Whether this is to end.</param>
    public void Match(Span<int> rows, Func<bool> stop)
    {
        _stop = () =>
        {
            LetWritersIn();
            return stop();
        };
        _units.Read(rows);
        var isKnown = work.Recall(rows);
        if (_units.Count == 1 ? isKnown : isKnown && AreAllDifferent(rows))
        {
            for (var i = 0; i < _units.Count; i++)
            {
                var unit = _units[i];
                work.Conclude(rows.Slice(unit.Start, unit.Count), unit.Count > 1 ? SkipReason.None : SkipReason.Differs);
            }
        }
        else
        {
            _isUnread = work.IsQuick && HasReference(rows);

            // one with more inodes than may be open at once is taken in parts, which are not compared with each other: what is left of them is, by the next run
            foreach (var part in _units.Parts(rows, _open.Length))
            {
                Match(rows, part.Start.Value, part.End.Value - part.Start.Value);
            }
        }

        work.Done(rows.Length, rows.Length * _scan.Files[rows[0]].Size);
    }

    public void Dispose()
    {
        _attributes.Dispose();
        _content.Dispose();
        _fresh?.Dispose();
    }

    private void Match(Span<int> rows, int from, int count)
    {
        var open = _left = 0;
        using var reserved = work.Descriptors.Reserve(count);
        try
        {
            for (var i = from; i < from + count; i++)
            {
                LetWritersIn();
                ref var unit = ref _units[i];
                if (Open(ref unit, rows))
                {
                    (_open[open], _who[open]) = (unit.Descriptor, i);
                    _left = ++open;
                }
            }

            if (!_isUnread || Trust(rows, open))
            {
                Part(rows, open);
            }
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

    /// <summary>Opens an inode, and decides whether its names may be replaced at all.</summary>
    private bool Open(ref Unit unit, Span<int> rows)
    {
        var own = rows.Slice(unit.Start, unit.Count);
        ref var row = ref _scan.Files[own[0]];
        if (_isUnread && row.Links == 1 && _scan.TreeOf(row) != 0)
        {
            // who replaces it opens it
            return true;
        }

        unit.Descriptor = OpenedFile.Open(directories[row.Directory], _scan.Names[row.Name], row, withLease: true, out var stat, out var reason);
        if (unit.Descriptor >= 0)
        {
            unit.Attributes = _attributes.NumberOf(unit.Descriptor, out reason);
            unit.IsMarked = row.Links > 1 && SharedMark.IsOn(unit.Descriptor, stat, work.IsImmutable);
            if (reason == SkipReason.None && row.Links > 1 && !unit.IsMarked && !IsEveryNameHere(own))
            {
                reason = row.Has(FileMarks.Immutable) ? SkipReason.SpecialFlags : SkipReason.HardLinked;
            }

            if (reason == SkipReason.None)
            {
                return true;
            }

            _ = Libc.close(unit.Descriptor);
        }

        unit.Descriptor = -1;
        work.Refuse(own, reason);
        return false;
    }

    // links between vservers that nobody protects: all of its names are here, so that none loses the others
    private bool IsEveryNameHere(ReadOnlySpan<int> rows)
    {
        if (rows.Length != _scan.Files[rows[0]].Links)
        {
            return false;
        }

        var tree = _scan.TreeOf(_scan.Files[rows[0]]);
        foreach (var index in rows)
        {
            if (_scan.TreeOf(_scan.Files[index]) != tree)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasReference(ReadOnlySpan<int> rows)
    {
        foreach (var index in rows)
        {
            if (_scan.TreeOf(_scan.Files[index]) == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes those that were not opened for like the reference's; false where that could not be opened.</summary>
    private bool Trust(Span<int> rows, int open)
    {
        var reference = -1;
        for (var i = 0; i < open; i++)
        {
            reference = _open[i] >= 0 && _scan.TreeOf(_scan.Files[rows[_units[_who[i]].Start]]) == 0 ? _who[i] : reference;
        }

        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (reference < 0)
            {
                work.Refuse(rows.Slice(unit.Start, unit.Count), SkipReason.Changed);
            }
            else if (_open[i] < 0)
            {
                unit.Attributes = _units[reference].Attributes;
            }
        }

        return reference >= 0;
    }

    /// <summary>Parts the open inodes by attributes and content.</summary>
    private void Part(Span<int> rows, int open)
    {
        var group = work.Known.NewNumber();
        for (var left = open; left > 0;)
        {
            // those with the attributes of the first stand together
            var same = 1;
            for (var i = 1; i < left; i++)
            {
                if (_units[_who[i]].Attributes == _units[_who[0]].Attributes)
                {
                    (_open[same], _open[i]) = (_open[i], _open[same]);
                    (_who[same], _who[i]) = (_who[i], _who[same]);
                    same++;
                }
            }

            var found = Compare(rows, same);
            for (var c = 0; c < found; c++)
            {
                Settle(rows, same, c, group, isAlone: open == 1);
            }

            _open.AsSpan(same, left - same).CopyTo(_open);
            _who.AsSpan(same, left - same).CopyTo(_who);
            _left = left -= same;
        }
    }

    private int Compare(Span<int> rows, int count)
    {
        var found = 1;
        if (_isUnread)
        {
            _classes.AsSpan(0, count).Clear();
        }
        else
        {
            found = _content.Split(_open.AsSpan(0, count), _scan.Files[rows[0]].Size, _classes.AsSpan(0, count), _stop);
        }

        for (var i = 0; i < count; i++)
        {
            ref var unit = ref _units[_who[i]];
            unit.Class = _classes[i];
            if (unit.Class >= 0 && _open[i] >= 0 && !OpenedFile.IsUndisturbed(_open[i]))
            {
                unit.Class = -2;
            }

            if (unit.Class < 0)
            {
                var own = rows.Slice(unit.Start, unit.Count);
                work.Refuse(own, unit.Class == -1 ? SkipReason.Unreadable : SkipReason.BeingWritten);
            }
        }

        return found;
    }

    /// <summary>Gives up the leases for which somebody waits: he shall not wait until all is compared. Such files are found to be written, and left.</summary>
    private void LetWritersIn()
    {
        if (Environment.TickCount64 < _nextLook)
        {
            return;
        }

        for (var i = 0; i < _left; i++)
        {
            var fd = _units[_who[i]].Descriptor;
            if (fd >= 0 && !OpenedFile.IsUndisturbed(fd))
            {
                OpenedFile.EndLease(fd);
            }
        }

        _nextLook = Environment.TickCount64 + BetweenLooks;
    }

    private bool AreAllDifferent(ReadOnlySpan<int> rows)
    {
        if (_units.Count > 64)
        {
            var classes = new HashSet<uint>();
            for (var i = 0; i < _units.Count; i++)
            {
                if (!classes.Add(_scan.Files[rows[_units[i].Start]].Class))
                {
                    return false;
                }
            }

            return true;
        }

        for (var i = 0; i < _units.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (_scan.Files[rows[_units[i].Start]].Class == _scan.Files[rows[_units[j].Start]].Class)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
