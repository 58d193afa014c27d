using System.Collections.Concurrent;

namespace VServerPanel.Native.FileTrees;

/// <summary>Inodes with several names that one name was asked about: the directory tells the number of the next, and nothing is asked again.</summary>
internal sealed class KnownInodes(bool isUsed)
{
    private readonly ConcurrentDictionary<(ulong Inode, uint Device), LinkedName> _known = new();

    public LinkedName? Find(ulong inode, uint device) => isUsed && _known.TryGetValue((inode, device), out var name) ? name : null;

    public void Add(in LinkedName name)
    {
        // blocks that are shared as well belong to each name's tree
        if (isUsed && name.IsFile && !name.HasSharedRanges)
        {
            _known.TryAdd((name.Inode, name.Device), name);
        }
    }
}
