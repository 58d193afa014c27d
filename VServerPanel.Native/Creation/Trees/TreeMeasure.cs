using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>How much a tree takes.</summary>
/// <param name="Bytes">Allocated on the disk; a file with several links once, and not at all where a link of it lies outside of the tree.</param>
/// <param name="Entries">Names in it.</param>
internal sealed record TreeSize(long Bytes, long Entries);

/// <summary>Measures trees. Nothing is followed, and nothing mounted in it is entered.</summary>
internal static class TreeMeasure
{
    // deeper than any path can name
    private const int MaximumDepth = 1024;

    public static TreeSize Measure(string path, CancellationToken cancel)
    {
        long bytes = 0, entries = 0;
        var linked = new Dictionary<ulong, (uint Missing, long Bytes)>();
        using var root = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var mount = Libc.fstatx(root).MountId;
        Walk(root, 0);
        return new TreeSize(bytes + linked.Values.Where(l => l.Missing == 0).Sum(l => l.Bytes), entries);

        void Walk(SafeFileHandle directory, int depth)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var entry in DirectoryReader.Read(directory))
            {
                if (!Libc.TryStatx(directory, entry.Name, out var stat) || stat.MountId != mount)
                {
                    continue;
                }

                entries++;
                var size = (long)stat.Blocks * 512;
                if ((stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR)
                {
                    bytes += size;
                    if (depth < MaximumDepth && TryOpen(directory, entry.Name) is { } child)
                    {
                        using (child)
                        {
                            Walk(child, depth + 1);
                        }
                    }
                }
                else if (stat.LinkCount == 1)
                {
                    bytes += size;
                }
                else
                {
                    linked[stat.Inode] = ((linked.TryGetValue(stat.Inode, out var l) ? l.Missing : stat.LinkCount) - 1, size);
                }
            }
        }
    }

    private static SafeFileHandle? TryOpen(SafeFileHandle directory, string name)
    {
        try
        {
            return Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            // a running vserver changes while it is measured
            return null;
        }
    }
}
