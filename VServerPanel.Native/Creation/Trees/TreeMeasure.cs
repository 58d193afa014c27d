using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>How much a tree takes.</summary>
/// <param name="Bytes">Allocated on the disk; a file with several links once. What a copy of it would take.</param>
/// <param name="OwnBytes">The same without files that have a link outside of the tree. What its removal would free.</param>
/// <param name="Entries">Names in it.</param>
internal sealed record TreeSize(long Bytes, long OwnBytes, long Entries);

/// <summary>Measures trees. Nothing is followed, and nothing mounted in it is entered.</summary>
internal sealed class TreeMeasure
{
    private const int BlockSize = 512; // statx(2), stx_blocks

    // each level holds a descriptor: a guest that nests deeper than any path can name is not measured there
    private const int MaximumDepth = 1024;

    private readonly Dictionary<ulong, (uint Missing, long Bytes)> _linked = [];
    private readonly ulong _mount;
    private readonly CancellationToken _cancel;
    private long _bytes;
    private long _entries;

    private TreeMeasure(ulong mount, CancellationToken cancel) => (_mount, _cancel) = (mount, cancel);

    /// <exception cref="OperationCanceledException">Cancelled on the way.</exception>
    public static TreeSize Measure(string path, CancellationToken cancel)
    {
        using var root = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(root);
        var measure = new TreeMeasure(stat.MountId, cancel) { _bytes = (long)stat.Blocks * BlockSize };
        measure.Walk(root, 0);

        // of the links that were seen, which stay when these are gone
        var shared = measure._linked.Values.Where(l => l.Missing > 0).Sum(l => l.Bytes);
        return new TreeSize(measure._bytes, measure._bytes - shared, measure._entries);
    }

    private void Walk(SafeFileHandle directory, int depth)
    {
        _cancel.ThrowIfCancellationRequested();
        foreach (var entry in DirectoryReader.Read(directory))
        {
            // the mount, not the device: a btrfs subvolume that a guest made has a device of its own
            if (!Libc.TryStatx(directory, entry.Name, out var stat) || stat.MountId != _mount)
            {
                continue;
            }

            _entries++;
            if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR)
            {
                _bytes += (long)stat.Blocks * BlockSize;
                Enter(directory, entry.Name, depth);
            }
            else
            {
                Count(stat);
            }
        }
    }

    private void Count(in Libc.Statx file)
    {
        var size = (long)file.Blocks * BlockSize;
        if (file.LinkCount <= 1)
        {
            _bytes += size;
        }
        else if (_linked.TryGetValue(file.Inode, out var known))
        {
            _linked[file.Inode] = (known.Missing == 0 ? 0 : known.Missing - 1, known.Bytes);
        }
        else
        {
            _bytes += size;
            _linked.Add(file.Inode, (file.LinkCount - 1, size));
        }
    }

    private void Enter(SafeFileHandle parent, string name, int depth)
    {
        if (depth == MaximumDepth)
        {
            return;
        }

        try
        {
            using var child = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            Walk(child, depth + 1);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            // a running vserver changes while it is measured
        }
    }
}
