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

    /// <summary>Whether we made it to be shared.</summary>
    public bool IsMarked;
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

    private static int Compare(in FileRow a, in FileRow b) => a.Inode != b.Inode ? a.Inode.CompareTo(b.Inode) : a.Device.CompareTo(b.Device);
}
