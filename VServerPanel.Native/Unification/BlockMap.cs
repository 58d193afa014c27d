using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Where a file's blocks lie (ioctl FS_IOC_FIEMAP): two files with the same map share all of them.</summary>
internal sealed unsafe class BlockMap : IDisposable
{
    // unknown location, delayed, encoded, encrypted, not aligned, inline, tail, not written (linux/fiemap.h): what is there says nothing
    private const uint Uncertain = 0x2 | 0x4 | 0x8 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;
    private const uint Inline = 0x200;

    private readonly ExtentReader _extents = new();

    /// <summary>A number for the map of an open file; 0 where it cannot be told.</summary>
    /// <param name="fd">It.</param>
    /// <param name="size">Its size: what was allocated beyond it, for writing more, is of no interest.</param>
    /// <param name="isShared">Whether every block has another owner, too.</param>
    public ulong HashOf(int fd, long size, out bool isShared) => HashOf(fd, size, out isShared, out _);

    /// <param name="fd">It.</param>
    /// <param name="size">Its size.</param>
    /// <param name="isShared">Whether every block has another owner, too.</param>
    /// <param name="isInline">Whether it lies beside its name, and has no block that could be shared (btrfs).</param>
    public ulong HashOf(int fd, long size, out bool isShared, out bool isInline)
    {
        (isShared, isInline) = (false, false);
        var hash = 1ul;
        var (logical, physical, length) = (0ul, 0ul, 0ul);
        var areShared = true;
        var count = 0;
        _extents.Begin();
        for (Libc.Extent* extent; (extent = _extents.Next(fd)) is not null && extent->Logical < (ulong)size; count++)
        {
            isInline |= (extent->Flags & Inline) != 0;
            if ((extent->Flags & Uncertain) != 0)
            {
                return 0;
            }

            areShared &= (extent->Flags & Libc.FIEMAP_EXTENT_SHARED) != 0;
            var part = Math.Min(extent->Length, (ulong)size - extent->Logical);
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

        isShared = areShared;
        return Mix(hash, logical, physical, length);
    }

    private static ulong Mix(ulong hash, ulong logical, ulong physical, ulong length) =>
        Scanning.PathHash.Mix(Scanning.PathHash.Mix(Scanning.PathHash.Mix(hash ^ logical) ^ physical) ^ length);

    public void Dispose() => _extents.Dispose();
}
