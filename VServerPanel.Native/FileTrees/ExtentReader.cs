using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>Where the blocks of a file lie (FS_IOC_FIEMAP, Documentation/filesystems/fiemap.rst), into one buffer again and again.</summary>
internal sealed unsafe class ExtentReader : IDisposable
{
    // most files have one
    private const int Room = 32;

    private readonly Libc.ExtentMap* _map = (Libc.ExtentMap*)NativeMemory.AllocZeroed((nuint)(sizeof(Libc.ExtentMap) + (Room * sizeof(Libc.Extent))));
    private uint _at;
    private ulong _offset;
    private bool _isLast;

    /// <summary>Whether the file system told only a part, or nothing.</summary>
    public bool HasFailed { get; private set; }

    private Libc.Extent* Extents => (Libc.Extent*)(_map + 1);

    /// <summary>Begins a file.</summary>
    public void Begin()
    {
        (_at, _offset, _isLast, HasFailed) = (0, 0, false, false);
        _map->MappedExtents = 0;
    }

    /// <summary>The next extent of the file that is open there; null after the last, or where its file system tells none.</summary>
    public Libc.Extent* Next(int file)
    {
        if (_at >= _map->MappedExtents && (_isLast || !Ask(file)))
        {
            return null;
        }

        var extent = Extents + _at++;
        _offset = extent->Logical + extent->Length;
        _isLast |= (extent->Flags & Libc.FIEMAP_EXTENT_LAST) != 0;
        return extent;
    }

    public void Dispose() => NativeMemory.Free(_map);

    private bool Ask(int file)
    {
        (_map->Start, _map->Length, _map->Flags, _map->ExtentCount, _at) = (_offset, ulong.MaxValue - _offset, 0, Room, 0);
        HasFailed = Libc.ioctl(file, Libc.FS_IOC_FIEMAP, _map) != 0;
        return !HasFailed && _map->MappedExtents > 0;
    }
}
