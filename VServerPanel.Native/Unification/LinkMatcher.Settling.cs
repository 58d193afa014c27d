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
        AddOrLeave(rows, open, contentClass, staged, best, group, number);
    }

    private void AddOrLeave(Span<int> rows, int open, int contentClass, Staged? staged, int kept, uint group, uint number)
    {
        if (staged is { } made)
        {
            Add(rows, open, contentClass, made, kept, group, number);
            return;
        }

        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            if (unit.Class == contentClass)
            {
                var own = rows.Slice(unit.Start, unit.Count);
                work.Refuse(own, SkipReason.Changed);
            }
        }
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
                AddOrLeave(rows, open, contentClass, MakeFresh(rows, open, contentClass, ref nobody), nobody, group, number);
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
    /// taken anew after that proves that nobody has it open for writing, and nobody can open it. It may have changed mode, owner or attributes, too: they are looked at again.</remarks>
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
                && linked.Inode == row.Inode && OpenedFile.IsSame(linked, row, isProtected: true)
                && (work.IsImmutable || (SharedMark.FlagsOf(unit.Descriptor) & Kernel.Iunlink.Mark) == Kernel.Iunlink.Mark)
                && OpenedFile.IsUndisturbed(unit.Descriptor) && OpenedFile.TakeLease(unit.Descriptor)
                && _attributes.NumberOf(unit.Descriptor, out _) == unit.Attributes)
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

    /// <summary>Copies the one with the most holes; null where that was changed meanwhile. What is made has mode, owner, times and attributes as they were when all were compared.</summary>
    private Staged? MakeFresh(Span<int> rows, int open, int contentClass, ref int best)
    {
        var source = SourceOf(rows, open, contentClass, isWaitedFor: false);

        // somebody waits for that one by now; unread, no other is known to have the reference's content
        source = source >= 0 && !_isUnread && !OpenedFile.IsUndisturbed(_units[source].Descriptor) ? SourceOf(rows, open, contentClass, isWaitedFor: true) : source;
        best = -1;
        if (source < 0)
        {
            return null;
        }

        var name = new StagedName('s', ++_number);
        FaultPoint.Stage("compared");
        ref var from = ref _units[source];
        var descriptor = from.Descriptor;
        bool GoesOn() => !_stop() && OpenedFile.IsUndisturbed(descriptor);
        ErrnoException.ThrowIfFailed(Libc.TryStatx(from.Descriptor, out var stat) ? 0 : -1, "statx");
        if (!OpenedFile.IsSame(stat, _scan.Files[rows[from.Start]], isProtected: true))
        {
            return null;
        }

        FaultPoint.Stage("sharing");
        _fresh ??= new FreshFile(_attributes);
        fixed (byte* staged = name)
        {
            if (_fresh.Make(staging[thread], staged, from.Descriptor, stat, work.Method, HeldContent(contentClass), from.Attributes, GoesOn) is not { } inode)
            {
                return null;
            }

            work.Made((long)stat.Allocated);
            return new Staged(_number, inode, from.Attributes, IsFresh: true);
        }
    }

    /// <summary>Which one is copied; -1: none can be.</summary>
    private int SourceOf(Span<int> rows, int open, int contentClass, bool isWaitedFor)
    {
        var source = -1;
        var isReference = false;
        for (var i = 0; i < open; i++)
        {
            ref var unit = ref _units[_who[i]];
            ref var row = ref _scan.Files[rows[unit.Start]];
            if (unit.Class != contentClass || unit.Descriptor < 0 || (isWaitedFor && !OpenedFile.IsUndisturbed(unit.Descriptor)))
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

        return source;
    }

    private void Add(Span<int> rows, int open, int contentClass, Staged staged, int kept, uint group, uint number)
    {
        _rows.Clear();
        _kept.Clear();

        // until they are replaced, which saves opening them again; a running vserver would wait for them that long
        var keeps = work.IsQuiet && work.Descriptors.TryKeep(open);
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
                if (keeps)
                {
                    _kept.Add(unit.Descriptor);
                    unit.Descriptor = -1;
                }
            }
        }

        if (keeps)
        {
            work.Descriptors.GiveBack(open - _kept.Count);
        }

        Found.Add(new PendingClass(thread, staged.Number, staged.Inode, staged.Attributes, staged.IsFresh, [.. _rows], [.. _kept]));
    }

    /// <summary>The content of a class, if all of it was just read; it is what those of the class had, whose leases still stood afterwards.</summary>
    private ReadOnlySpan<byte> HeldContent(int contentClass) => !_isUnread && _content.HeldClass == contentClass ? _content.Held : [];

    /// <summary>An inode in staging.</summary>
    private readonly record struct Staged(int Number, ulong Inode, ulong Attributes, bool IsFresh);
}
