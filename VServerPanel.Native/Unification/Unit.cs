using System.Runtime.InteropServices;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>An inode in a bucket, with the names that it has there: a part of the bucket's rows.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Unit
{
    public int Start;
    public int Count;
    public int Descriptor;
    public int Class;
    public ulong Attributes;

    /// <summary>Where its blocks lie, as <see cref="BlockUsers"/> numbers it.</summary>
    public int Place;

    /// <summary>Whether we made it to be shared.</summary>
    public bool IsMarked;

    /// <summary>Whether it shares its blocks with the inode that its class is named by.</summary>
    public bool IsJoined;
}

/// <summary>The inodes of a bucket.</summary>
internal sealed class UnitList(TreeScan scan)
{
    private readonly Comparison<int> _byInode = (a, b) => Compare(scan.Files[a], scan.Files[b]) is not 0 and var order ? order : a.CompareTo(b);
    private Unit[] _units = new Unit[256];

    public int Count { get; private set; }

    public ref Unit this[int index] => ref _units[index];

    /// <summary>Sorts a bucket's rows by inode and finds the inodes.</summary>
    public void Read(Span<int> rows)
    {
        rows.Sort(_byInode);
        Count = 0;
        for (int from = 0, to; from < rows.Length; from = to)
        {
            for (to = from + 1; to < rows.Length && Compare(scan.Files[rows[from]], scan.Files[rows[to]]) == 0; to++)
            {
            }

            if (Count == _units.Length)
            {
                Array.Resize(ref _units, Count * 2);
            }

            _units[Count++] = new Unit { Start = from, Count = to - from, Descriptor = -1, Class = -1 };
        }
    }

    /// <summary>Parts the inodes where there are more than may be open at once: those of the same path stay together, for they are mostly equal. The bucket's rows are put into that order.</summary>
    /// <param name="rows">Of the bucket.</param>
    /// <param name="most">Inodes of a part.</param>
    /// <returns>Their numbers.</returns>
    public IReadOnlyList<Range> Parts(Span<int> rows, int most)
    {
        if (Count <= most)
        {
            return [new Range(0, Count)];
        }

        var paths = OrderByPath(rows);
        var parts = new List<Range>();
        for (int from = 0, to; from < Count; from = to)
        {
            to = Math.Min(from + most, Count);
            while (to < Count && to > from && paths[to] == paths[to - 1])
            {
                to--;
            }

            // more of one path than that
            to = to == from ? from + most : to;
            parts.Add(from..to);
        }

        return parts;
    }

    private ulong[] OrderByPath(Span<int> rows)
    {
        var paths = new ulong[Count];
        for (var i = 0; i < Count; i++)
        {
            paths[i] = scan.PathHashOf(scan.Files[rows[_units[i].Start]]);
        }

        Array.Sort(paths, _units, 0, Count);
        var ordered = new int[rows.Length];
        var next = 0;
        foreach (ref var unit in _units.AsSpan(0, Count))
        {
            rows.Slice(unit.Start, unit.Count).CopyTo(ordered.AsSpan(next));
            (unit.Start, next) = (next, next + unit.Count);
        }

        ordered.CopyTo(rows);
        return paths;
    }

    /// <summary>The order of inodes; 0: names of one.</summary>
    public static int Compare(in FileRow a, in FileRow b) => a.Inode != b.Inode ? a.Inode.CompareTo(b.Inode) : a.Device.CompareTo(b.Device);
}
