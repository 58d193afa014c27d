using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Inodes that were counted: by package, the names of one may lie in several buckets. Any thread may ask.</summary>
internal sealed class InodeSet
{
    private readonly HashSet<(ulong Inode, byte Device)> _met = [];
    private readonly Lock _gate = new();

    /// <summary>Whether it is met for the first time.</summary>
    public bool Add(in FileRow row)
    {
        if (row.Links == 1)
        {
            return true;
        }

        lock (_gate)
        {
            return _met.Add((row.Inode, row.Device));
        }
    }
}
