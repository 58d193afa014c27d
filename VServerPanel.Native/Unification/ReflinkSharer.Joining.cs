using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Giving files to the kernel that are taken for equal, and what it says of them.</summary>
internal sealed partial class ReflinkSharer
{
    private void Join(ReadOnlySpan<(int Content, int Unit)> equal)
    {
        var source = Units[equal[0].Unit].Class;
        foreach (var (_, member) in equal)
        {
            if (Units[member].Class >= 0 && _part.Blocks.RankOf(Units[Units[member].Class].Place) > _part.Blocks.RankOf(Units[source].Place))
            {
                // others share with it already
                source = Units[member].Class;
            }
        }

        var count = 0;
        foreach (var (_, member) in equal)
        {
            if (Units[member].Class >= 0 && member != source && !(Units[member].IsJoined && Units[member].Class == source))
            {
                _who[count++] = member;
                if (count == Dedupe.MostTargets)
                {
                    (source, count) = (Join(source, count), 0);
                }
            }
        }

        Join(source, count);
    }

    /// <summary>Lets the units in <c>_who</c> share the blocks of one, those that are equal.</summary>
    /// <returns>That one: another where the first cannot be read, or is changed by its vserver meanwhile.</returns>
    private int Join(int source, int count)
    {
        while ((count = LeaveOutThoseThatShare(source, count)) > 0 && TryJoin(source, count) is not SkipReason.None and var fault)
        {
            (var left, source) = (source, _who[0]);
            Abandon(left, source, fault);
            _who.AsSpan(1, --count).CopyTo(_who);
        }

        return source;
    }

    private int LeaveOutThoseThatShare(int source, int count)
    {
        var wanted = 0;
        for (var i = 0; i < count; i++)
        {
            ref var unit = ref Units[_who[i]];
            if (unit.Place == Units[source].Place)
            {
                // every block already
                (unit.Class, unit.IsJoined) = (source, true);
            }
            else
            {
                _who[wanted++] = _who[i];
            }
        }

        return wanted;
    }

    /// <summary>Why none can share with it: it cannot be read, is a swap file, or is not as it was. Nothing is said of any of them then.</summary>
    private SkipReason TryJoin(int source, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _targets[i] = Units[_who[i]].Descriptor;
        }

        var results = _results.AsSpan(0, count);
        // the others are not compared with it to the end for nothing
        _dedupe.Share(Units[source].Descriptor, _targets.AsSpan(0, count), _part.Size, _part.First, results, () => _stop() || !IsAsScanned(source));
        work.HasNoRoom |= results.ContainsAny(-ErrnoNames.ENOSPC, -ErrnoNames.EDQUOT);
        if (!results.ContainsAnyExcept(-ErrnoNames.EIO) ? !_content.CanBeRead(Units[source].Descriptor, _part.Size, _stop) : count > 1 && !results.ContainsAnyExcept(-ErrnoNames.ETXTBSY))
        {
            return SkipReason.Unreadable;
        }

        // the kernel compares what both have, however much that is by now: it says nothing of files that have changed
        if (!IsAsScanned(source))
        {
            return SkipReason.Changed;
        }

        for (var i = 0; i < count; i++)
        {
            Take(_who[i], source, results[i]);
        }

        return SkipReason.None;
    }

    /// <summary>What came of one.</summary>
    /// <param name="member">Its unit.</param>
    /// <param name="source">What it was compared with.</param>
    /// <param name="said">What the kernel says.</param>
    private void Take(int member, int source, int said)
    {
        ref var unit = ref Units[member];
        if (said >= 0 && !IsAsScanned(member))
        {
            Leave(member, SkipReason.Changed);
        }
        else if (said == Libc.FILE_DEDUPE_RANGE_SAME)
        {
            var own = _part.RowsOf(unit);
            var freed = _part.Blocks.Move(unit.Place, Units[source].Place);
            freed = work.Met.Add(_scan.Files[own[0]]) ? freed : 0;
            (unit.Class, unit.IsJoined, unit.Place) = (source, true, Units[source].Place);
            foreach (var index in own)
            {
                _scan.Files[index].Marks |= FileMarks.Replaced;
                work.Changed(index == own[0] ? freed : 0);
            }
        }
        else if (said > 0)
        {
            (unit.Class, unit.IsJoined, _haveSomeDiffered) = (member, false, true);
            if (_isLast)
            {
                // they were equal when they were read
                _uncompared.Add((member, SkipReason.Changed));
            }
        }
        else
        {
            // EINVAL: btrfs keeps small files beside their names (it had not been written yet when its blocks were looked for); ETXTBSY, EPERM: swap files and the like
            Leave(member, said == -ErrnoNames.EINVAL ? SkipReason.Inline : SkipReason.Unreadable);
        }
    }

    /// <summary>Leaves the one with which others were to share, for another of them. Those that share with it already were not compared with anybody else yet.</summary>
    private void Abandon(int source, int next, SkipReason reason)
    {
        var first = -1;
        foreach (var member in _part.Members)
        {
            ref var unit = ref Units[member];
            if (member != source && unit.IsJoined && unit.Class == source)
            {
                (unit.IsJoined, first) = (first >= 0, first < 0 ? member : first);
                unit.Class = first;
            }
        }

        if (first >= 0 && (_isLast || reason == SkipReason.Changed))
        {
            _uncompared.Add((first, reason));
        }

        if (reason == SkipReason.Changed)
        {
            _uncompared.Add((next, reason));
        }

        (Units[next].Class, Units[next].IsJoined, _haveSomeDiffered) = (next, false, true);
        Leave(source, reason);
    }

    private bool IsAsScanned(int unit) =>
        Libc.TryStatx(Units[unit].Descriptor, out var stat) && OpenedFile.IsSame(stat, _scan.Files[_part.Rows[Units[unit].Start]]);

    private void Leave(int unit, SkipReason reason)
    {
        Units[unit].Class = -1;
        _part.Members.Remove(unit);
        work.Refuse(_part.RowsOf(Units[unit]), reason);
    }
}
