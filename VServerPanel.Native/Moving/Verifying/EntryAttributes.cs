using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Moving.Verifying;

/// <summary>Extended attributes of a directory's entries, whatever they are; symlinks are not followed. One thread's.</summary>
internal sealed unsafe class EntryAttributes : IDisposable
{
    // linux/limits.h: XATTR_LIST_MAX, XATTR_SIZE_MAX
    private const int Largest = 65536;
    private const int LongestName = 256;

    private readonly byte* _path = (byte*)NativeMemory.Alloc(64 + LongestName);
    private readonly byte* _list = (byte*)NativeMemory.Alloc(Largest);
    private readonly byte* _value = (byte*)NativeMemory.Alloc(Largest);
    private readonly List<(int Start, int Length)> _names = [];
    private int _pathLength;

    /// <summary>How many the entry has.</summary>
    public int Count => _names.Count;

    /// <summary>The name of one, in the order of names.</summary>
    public ReadOnlySpan<byte> this[int index] => new(_list + _names[index].Start, _names[index].Length);

    /// <summary>Entries of this directory are asked for from now on. There are no calls by descriptor before Linux 6.13, and not all can be opened.</summary>
    public void Enter(int directory) =>
        _pathLength = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory}/"), new Span<byte>(_path, 64));

    /// <summary>Lists those of an entry; none where the file system has none.</summary>
    public void List(byte* entry)
    {
        _names.Clear();
        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry);
        name.CopyTo(new Span<byte>(_path + _pathLength, LongestName));
        _path[_pathLength + name.Length] = 0;
        var size = Libc.llistxattr(_path, _list, Largest);
        if (size < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.EOPNOTSUPP)
        {
            return;
        }

        ErrnoException.ThrowIfFailed(size, "llistxattr", size < 0 ? Libc.Text(entry) : null);
        for (int at = 0, length; at < size; at += length + 1)
        {
            length = new ReadOnlySpan<byte>(_list + at, (int)size - at).IndexOf((byte)0);
            _names.Add((at, length));
        }

        _names.Sort((a, b) => new ReadOnlySpan<byte>(_list + a.Start, a.Length).SequenceCompareTo(new ReadOnlySpan<byte>(_list + b.Start, b.Length)));
    }

    /// <summary>The value of one, good until the next call; false where it is gone.</summary>
    public bool TryRead(int index, out ReadOnlySpan<byte> value)
    {
        var size = Libc.lgetxattr(_path, _list + _names[index].Start, _value, Largest);
        if (size < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.ENODATA)
        {
            value = default;
            return false;
        }

        ErrnoException.ThrowIfFailed(size, "lgetxattr", size < 0 ? Libc.Text(_path) : null);
        value = new ReadOnlySpan<byte>(_value, (int)size);
        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_path);
        NativeMemory.Free(_list);
        NativeMemory.Free(_value);
    }
}
