using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Where a file's blocks lie (ioctl FS_IOC_FIEMAP): two files with the same map share all of them.</summary>
internal sealed unsafe class BlockMap : IDisposable
{
    // unknown location, delayed, encrypted, not aligned, inline, tail, not written (linux/fiemap.h): what is there says nothing
    private const uint Uncertain = 0x2 | 0x4 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;
    private const uint Inline = 0x200;

    // what is shared is shared in such blocks, or larger ones
    private const long Block = 4096;

    private readonly ExtentReader _extents = new();

    /// <summary>A number for the map of an open file; 0 where it cannot be told.</summary>
    /// <param name="fd">It.</param>
    /// <param name="size">Its size: what was allocated beyond it, for writing more, is of no interest.</param>
    /// <param name="isShared">Whether every block has another owner, too.</param>
    public ulong HashOf(int fd, long size, out bool isShared)
    {
        var hash = HashOf(fd, size, out var own, out _);
        isShared = own == 0;
        return hash;
    }

    /// <param name="fd">It.</param>
    /// <param name="size">Its size.</param>
    /// <param name="own">Allocated bytes of its blocks that have no other owner; <see cref="long.MaxValue"/> where nobody can tell.</param>
    /// <param name="isInline">Whether it lies beside its name, and has no block that could be shared (btrfs).</param>
    public ulong HashOf(int fd, long size, out long own, out bool isInline)
    {
        (own, isInline) = (long.MaxValue, false);
        var hash = 1ul;
        var (logical, physical, length) = (0ul, 0ul, 0ul);
        var alone = 0L;
        var isUncertain = false;
        var count = 0;
        _extents.Begin();
        for (Libc.Extent* extent; (extent = _extents.Next(fd)) is not null && extent->Logical < (ulong)size; count++)
        {
            isInline |= (extent->Flags & Inline) != 0;
            // compressed: it begins at one place for all that use any part of it
            isUncertain |= (extent->Flags & (Uncertain | Libc.FIEMAP_EXTENT_ENCODED)) != 0;
            var part = Math.Min(extent->Length, (ulong)size - extent->Logical);
            alone += (extent->Flags & Libc.FIEMAP_EXTENT_SHARED) != 0 ? 0 : (long)(part + Block - 1) / Block * Block;
            if (extent->Logical == logical + length && extent->Physical == physical + length)
            {
                // how a file system cuts what lies together says nothing
                length += part;
                continue;
            }

            hash = Mix(hash, logical, physical, length);
            (logical, physical, length) = (extent->Logical, extent->Physical, part);
        }

        if (count == 0 || _extents.HasFailed)
        {
            return 0;
        }

        own = alone;
        return isUncertain ? 0 : Mix(hash, logical, physical, length);
    }

    private static ulong Mix(ulong hash, ulong logical, ulong physical, ulong length) =>
        Scanning.PathHash.Mix(Scanning.PathHash.Mix(Scanning.PathHash.Mix(hash ^ logical) ^ physical) ^ length);

    public void Dispose() => _extents.Dispose();
}
