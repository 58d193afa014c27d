using System.Collections;
using System.Runtime.InteropServices;

namespace VServerPanel.Native.FileTrees;

/// <summary>Blocks of a file that the file system says are shared (FIEMAP_EXTENT_SHARED).</summary>
/// <param name="FileSystem">Which disk the addresses are on.</param>
/// <param name="Start">First byte on the disk.</param>
/// <param name="Length">Bytes in the file.</param>
/// <param name="Inode">Whose they are.</param>
/// <param name="Tree">The tree that it is in.</param>
/// <param name="File">Number of the file among those with shared blocks; below zero: its names are counted by <see cref="LinkTally"/>.</param>
/// <param name="IsEncoded">Compressed: the length on the disk is another, and the whole is used or none of it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SharedRange(uint FileSystem, ulong Start, ulong Length, ulong Inode, int Tree, int File, bool IsEncoded)
{
    public ulong End => Start + Length;

    public bool IsSameDisk(in SharedRange other) => FileSystem == other.FileSystem && IsEncoded == other.IsEncoded;

    /// <summary>By disk and place, then by whose it is.</summary>
    public static int Compare(SharedRange a, SharedRange b) => a.FileSystem != b.FileSystem ? (a.FileSystem < b.FileSystem ? -1 : 1)
        : a.IsEncoded != b.IsEncoded ? (b.IsEncoded ? -1 : 1)
        : a.Start != b.Start ? (a.Start < b.Start ? -1 : 1)
        : a.Tree != b.Tree ? a.Tree.CompareTo(b.Tree)
        : a.Inode.CompareTo(b.Inode);

    /// <summary>The same blocks by a second name of the same inode in the tree.</summary>
    public bool IsAgain(in SharedRange other) => Start == other.Start && Tree == other.Tree && Inode == other.Inode;
}

/// <summary>Whom blocks belong to that several inodes share: a sweep over the disk from its first byte to its last.</summary>
internal sealed class RangeTally
{
    private readonly IReadOnlyList<TreeTotals> _totals;
    private readonly BitArray _shared;
    private readonly List<SharedRange> _here = [];
    private readonly int[] _seenAt;
    private int _segment;
    private long _saved;

    private RangeTally(IReadOnlyList<TreeTotals> totals, int files) => (_totals, _shared, _seenAt) = (totals, new BitArray(files), new int[totals.Count]);

    /// <summary>Adds the ranges to the totals of their trees.</summary>
    /// <returns>Bytes that are there once and used by several of the trees: what sharing saves.</returns>
    public static long Add(Span<SharedRange> ranges, int files, IReadOnlyList<TreeTotals> totals)
    {
        var tally = new RangeTally(totals, files);
        ranges.Sort(SharedRange.Compare);
        for (var start = 0; start < ranges.Length;)
        {
            var end = start + 1;
            while (end < ranges.Length && ranges[end].IsSameDisk(ranges[start]))
            {
                end++;
            }

            if (ranges[start].IsEncoded)
            {
                tally.AddEncoded(ranges[start..end]);
            }
            else
            {
                tally.Sweep(ranges[start..end]);
            }

            start = end;
        }

        return tally._saved;
    }

    /// <summary>From each place where a range begins or ends to the next: the same inodes use all of what lies between.</summary>
    private void Sweep(ReadOnlySpan<SharedRange> ranges)
    {
        ulong at = 0;
        for (var next = 0; next < ranges.Length || _here.Count > 0;)
        {
            if (_here.Count == 0)
            {
                at = ranges[next].Start;
            }

            for (; next < ranges.Length && ranges[next].Start == at; next++)
            {
                if (next == 0 || !ranges[next].IsAgain(ranges[next - 1]))
                {
                    _here.Add(ranges[next]);
                }
            }

            var end = next < ranges.Length ? ranges[next].Start : ulong.MaxValue;
            foreach (var range in _here)
            {
                end = Math.Min(end, range.End);
            }

            AddSegment((long)(end - at));
            at = end;
            _here.RemoveAll(r => r.End <= end);
        }
    }

    /// <summary>What is compressed begins at the same place for all that use any of it.</summary>
    private void AddEncoded(ReadOnlySpan<SharedRange> ranges)
    {
        for (var start = 0; start < ranges.Length;)
        {
            ulong length = 0;
            var end = start;
            for (; end < ranges.Length && ranges[end].Start == ranges[start].Start; end++)
            {
                if (end == start || !ranges[end].IsAgain(ranges[end - 1]))
                {
                    _here.Add(ranges[end]);
                }

                length = Math.Max(length, ranges[end].Length);
            }

            AddSegment((long)length);
            _here.Clear();
            start = end;
        }
    }

    private void AddSegment(long bytes)
    {
        _segment++;
        var trees = 0;
        foreach (var range in _here)
        {
            trees += _seenAt[range.Tree] == _segment ? 0 : 1;
            _seenAt[range.Tree] = _segment;
        }

        // it is shared, and nobody here uses it but one file: the other user is outside
        var users = _here.Count == 1 ? 2 : trees;
        _saved += (trees - 1) * bytes;
        _segment++;
        foreach (var range in _here)
        {
            if (users > 1 && range.File >= 0 && !_shared[range.File])
            {
                _shared[range.File] = true;
                _totals[range.Tree].SharedFiles++;
            }

            if (_seenAt[range.Tree] == _segment)
            {
                continue;
            }

            _seenAt[range.Tree] = _segment;
            if (users == 1)
            {
                _totals[range.Tree].AddOwn(bytes);
            }
            else
            {
                _totals[range.Tree].AddShared(bytes, users);
            }
        }
    }
}
