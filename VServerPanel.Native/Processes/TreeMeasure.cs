using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Processes;

/// <summary>Sums what a tree takes on disk: allocated blocks, a file with several links once, nothing of what is mounted below.</summary>
internal static class TreeMeasure
{
    private const int BlockSize = 512; // statx(2), stx_blocks

    // each level holds a descriptor; a guest that nests deeper is not measured there
    private const int DeepestLevel = 200;

    /// <exception cref="OperationCanceledException">Cancelled on the way.</exception>
    public static long AllocatedBytes(string path, CancellationToken cancel)
    {
        using var root = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(root);
        return Sum(root, (stat.DevMajor, stat.DevMinor), [], DeepestLevel, cancel) + ((long)stat.Blocks * BlockSize);
    }

    private static long Sum(SafeFileHandle directory, (uint, uint) device, HashSet<ulong> linked, int levels, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var sum = 0L;
        foreach (var entry in DirectoryReader.Read(directory))
        {
            if (!Libc.TryStatx(directory, entry.Name, out var stat) || (stat.DevMajor, stat.DevMinor) != device)
            {
                continue;
            }

            var isDirectory = (stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR;
            if (isDirectory || stat.LinkCount <= 1 || linked.Add(stat.Inode))
            {
                sum += (long)stat.Blocks * BlockSize;
            }

            if (isDirectory && levels > 0)
            {
                sum += Below(directory, entry.Name, device, linked, levels - 1, cancel);
            }
        }

        return sum;
    }

    private static long Below(SafeFileHandle parent, string name, (uint, uint) device, HashSet<ulong> linked, int levels, CancellationToken cancel)
    {
        try
        {
            using var child = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            return Sum(child, device, linked, levels, cancel);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            // a running guest changes its tree while we look
            return 0;
        }
    }
}
