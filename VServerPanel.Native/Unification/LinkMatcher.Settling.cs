using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Unification;

/// <summary>Which inode equal files become.</summary>
internal sealed unsafe partial class LinkMatcher
{
    private void Settle(Span<int> rows, int open, int contentClass, uint group, bool isAlone)
    {
        var (members, names, best) = (0, 0, -1);
        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (unit.Class == contentClass)
            {
                members++;
                names += unit.Count;
                if (unit.IsMarked && (best < 0 || LinksOf(unit, rows) > LinksOf(_units[best], rows)))
                {
                    best = _who[i];
                }
            }
        }

        if (members == 0)
        {
            return;
        }

        var number = work.Known.NewNumber();
        if (members == 1)
        {
            SettleOnly(rows, open, contentClass, isAlone, group, number);
            return;
        }

        if (best >= 0 && LinksOf(_units[best], rows) + names > MostLinks)
        {
            best = -1;
        }

        var staged = best >= 0 ? Reuse(ref _units[best], rows) : null;
        staged ??= MakeFresh(rows, open, contentClass, ref best);
        Add(rows, open, contentClass, staged.Value, best, group, number);
    }

    /// <summary>One inode whose content no other has.</summary>
    private void SettleOnly(Span<int> rows, int open, int contentClass, bool isAlone, uint group, uint number)
    {
        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (unit.Class != contentClass)
            {
                continue;
            }

            var own = rows.Slice(unit.Start, unit.Count);
            if (unit.Count > 1 && !unit.IsMarked)
            {
                // shared by names already, and not protected: each of them gets one that is
                var nobody = -1;
                Add(rows, open, contentClass, MakeFresh(rows, open, contentClass, ref nobody), nobody, group, number);
                return;
            }

            if (unit.IsMarked && work.IsImmutable && unit.Count > 1)
            {
                SharedMark.Freeze(unit.Descriptor, true);
            }

            work.Conclude(own, unit.Count > 1 ? SkipReason.None : isAlone ? SkipReason.Alone : SkipReason.Differs);
            work.Note(own, group, number);
        }
    }

    private uint LinksOf(in Unit unit, Span<int> rows) => _scan.Files[rows[unit.Start]].Links;

    /// <summary>Links an inode that is shared already into staging; null where it cannot be trusted.</summary>
    /// <remarks>Since the last link but one was gone its vserver may have opened it for writing. With a second link it is protected again: a lease that can be
    /// taken anew after that proves that nobody has it open for writing, and nobody can open it.</remarks>
    private Staged? Reuse(ref Unit unit, Span<int> rows)
    {
        ref var row = ref _scan.Files[rows[unit.Start]];
        var directory = directories[row.Directory];
        if (directory < 0)
        {
            return null;
        }

        if (work.IsImmutable)
        {
            FaultPoint.Reach();
            SharedMark.Freeze(unit.Descriptor, false);
        }

        var name = new StagedName('s', ++_number);
        fixed (byte* staged = name)
        {
            FaultPoint.Reach();
            if (Libc.linkat(directory, _scan.Names[row.Name], staging[thread], staged, 0) != 0)
            {
                return null;
            }

            Libc.Statx linked;
            if (Libc.statx(staging[thread], staged, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &linked) == 0
                && linked.Inode == row.Inode
                && (work.IsImmutable || (SharedMark.FlagsOf(unit.Descriptor) & Kernel.Iunlink.Mark) == Kernel.Iunlink.Mark)
                && OpenedFile.IsUndisturbed(unit.Descriptor) && OpenedFile.TakeLease(unit.Descriptor))
            {
                return new Staged(_number, row.Inode, unit.Attributes, IsFresh: false);
            }

            _ = Libc.unlinkat(staging[thread], staged, 0);
            if (work.IsImmutable)
            {
                SharedMark.Freeze(unit.Descriptor, true);
            }

            return null;
        }
    }

    /// <summary>Copies the one with the most holes.</summary>
    private Staged MakeFresh(Span<int> rows, int open, int contentClass, ref int best)
    {
        var source = -1;
        var isReference = false;
        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            ref var row = ref _scan.Files[rows[unit.Start]];
            if (unit.Class != contentClass || unit.Descriptor < 0)
            {
                continue;
            }

            // unread, it is the reference's that counts
            var isOfReference = _isUnread && _scan.TreeOf(row) == 0;
            if (source < 0 || isOfReference || (!isReference && row.Blocks < _scan.Files[rows[_units[source].Start]].Blocks))
            {
                (source, isReference) = (_who[i], isOfReference);
            }
        }

        best = -1;
        var name = new StagedName('s', ++_number);
        ErrnoException.ThrowIfFailed(Libc.TryStatx(_units[source].Descriptor, out var stat) ? 0 : -1, "statx");
        work.Made((long)stat.Blocks * 512);
        _fresh ??= new FreshFile(_attributes);
        fixed (byte* staged = name)
        {
            return new Staged(_number, _fresh.Make(staging[thread], staged, _units[source].Descriptor, stat, work.Method, HeldContent(contentClass)), _units[source].Attributes, IsFresh: true);
        }
    }

    private void Add(Span<int> rows, int open, int contentClass, Staged staged, int kept, uint group, uint number)
    {
        _rows.Clear();
        _kept.Clear();
        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (unit.Class != contentClass)
            {
                continue;
            }

            var own = rows.Slice(unit.Start, unit.Count);
            work.Note(own, group, number);
            if (_who[i] == kept)
            {
                work.Conclude(own, SkipReason.None);
                foreach (var index in own)
                {
                    _scan.Files[index].Marks |= Scanning.FileMarks.Touched;
                }
            }
            else
            {
                _rows.AddRange(own);
                if (KeepsOpen)
                {
                    _kept.Add(unit.Descriptor);
                    unit.Descriptor = -1;
                }
            }
        }

        Found.Add(new PendingClass(thread, staged.Number, staged.Inode, staged.Attributes, staged.IsFresh, [.. _rows], [.. _kept]));
    }

    /// <summary>The content of a class, if all of it was just read; it is what those of the class had, whose leases still stood afterwards.</summary>
    private ReadOnlySpan<byte> HeldContent(int contentClass) => !_isUnread && _content.HeldClass == contentClass ? _content.Held : [];

    /// <summary>An inode in staging.</summary>
    private readonly record struct Staged(int Number, ulong Inode, ulong Attributes, bool IsFresh);
}
