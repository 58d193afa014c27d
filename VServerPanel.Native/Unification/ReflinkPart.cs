using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>A bucket's files, or a part of a large bucket's, open for sharing their blocks. Disposing of it closes them; it is used again then.</summary>
internal sealed unsafe class ReflinkPart(TreeScan scan) : IDisposable
{
    private const long MostFirst = 1 << 20;

    private readonly List<int> _firstAt = [];
    private DescriptorBudget.Reservation? _reserved;

    /// <summary>Indices of its files, by inode.</summary>
    public ArraySegment<int> Rows { get; private set; }

    /// <summary>Its inodes.</summary>
    public UnitList Units { get; } = new(scan);

    /// <summary>Where the blocks of those that are open lie.</summary>
    public BlockUsers Blocks { get; } = new();

    /// <summary>Numbers of the inodes that have blocks.</summary>
    public List<int> Members { get; } = [];

    /// <summary>Numbers of those that have none: btrfs keeps small files beside their names.</summary>
    public List<int> Inline { get; } = [];

    /// <summary>Of each file, in bytes.</summary>
    public long Size => scan.Files[Rows[0]].Size;

    /// <summary>So many of each file's first bytes the kernel was asked to read.</summary>
    public long First { get; private set; }

    /// <summary>Bytes that it was asked to read of all.</summary>
    public long BytesAsked { get; private set; }

    public Span<int> RowsOf(in Unit unit) => Rows.AsSpan(unit.Start, unit.Count);

    /// <summary>What will be known of its files has this number: of the whole bucket, so that it is not read again.</summary>
    public uint Group { get; private set; }

    /// <summary>Finds the inodes, and opens none yet.</summary>
    public void Read(ArraySegment<int> rows, uint group)
    {
        (Rows, Group) = (rows, group);
        Units.Read(rows);
    }

    /// <summary>Opens the inodes, joins those that share every block already, and has the first bytes of the others read in the background.</summary>
    public void Open(SharingWork work, DescriptorBudget.Reservation reserved, DirectoryDescriptors directories, BlockMap blocks, Func<bool> stop)
    {
        _reserved = reserved;
        for (var i = 0; i < Units.Count && !stop(); i++)
        {
            ref var unit = ref Units[i];
            ref var row = ref scan.Files[Rows[unit.Start]];
            unit.Descriptor = OpenedFile.Open(directories[row.Directory], scan.Names[row.Name], row, withLease: false, out _, out var reason);
            if (unit.Descriptor < 0)
            {
                work.Refuse(RowsOf(unit), reason);
                continue;
            }

            var map = blocks.HashOf(unit.Descriptor, row.Size, out var own, out var isInline);
            if (isInline)
            {
                Inline.Add(i);
                continue;
            }

            Members.Add(i);
            unit.Place = Blocks.Add(map, own, row.ContentBytes);
            unit.IsJoined = unit.Place < _firstAt.Count;
            if (!unit.IsJoined)
            {
                _firstAt.Add(i);
            }

            unit.Class = _firstAt[unit.Place];
        }

        Announce();
    }

    // in all as much as one thread reads ahead: a large bucket does not push itself out of memory
    private void Announce()
    {
        First = Math.Clamp(ReflinkAhead.MostBytes / Units.Count / FileReading.OfCall * FileReading.OfCall, FileReading.OfCall, MostFirst);
        var different = Members.Where(m => !Units[m].IsJoined).ToList();
        foreach (var member in different.Count > 1 ? different : [])
        {
            FileReading.Announce(Units[member].Descriptor, 0, Math.Min(Size, First));
            BytesAsked += Math.Min(Size, First);
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < Units.Count; i++)
        {
            ref var unit = ref Units[i];
            if (unit.Descriptor >= 0)
            {
                _ = Libc.close(unit.Descriptor);
                unit.Descriptor = -1;
            }
        }

        _reserved?.Dispose();
        (_reserved, BytesAsked) = (null, 0);
        Members.Clear();
        Inline.Clear();
        _firstAt.Clear();
        Blocks.Clear();
    }
}
