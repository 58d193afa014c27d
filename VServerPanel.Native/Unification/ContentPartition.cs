using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Parts open files of one size by their content: all are read in lock step, block by block, each byte once, and parted where they differ.</summary>
internal sealed unsafe class ContentPartition : IDisposable
{
    private const int BlockSize = 1 << 18;

    // with more than these, a block's hash parts them first: comparing each with each would read a block again for every other content
    private const int Many = 16;

    private readonly byte* _first = (byte*)NativeMemory.AlignedAlloc(BlockSize, 4096);
    private readonly byte* _other = (byte*)NativeMemory.AlignedAlloc(BlockSize, 4096);
    private readonly Stack<(int Start, int Count, long Offset, bool IsHashed)> _groups = new();
    private int _held;
    private int[] _order = new int[64];
    private ulong[] _hashes = new ulong[64];

    /// <summary>The class whose whole content was read last and still lies in memory; -1: of none.</summary>
    public int HeldClass { get; private set; } = -1;

    /// <summary>That content.</summary>
    public ReadOnlySpan<byte> Held => new(_first, _held);

    /// <summary>Gives each file the number of its class; -1 where it could not be read to its end.</summary>
    /// <param name="files">Open for reading.</param>
    /// <param name="size">Of each.</param>
    /// <param name="classes">As many as there are files.</param>
    /// <param name="stop">Asked before each block of a file: whether this is to end, with all that is not done yet as if it could not be read.</param>
    /// <returns>How many classes there are.</returns>
    public int Split(ReadOnlySpan<int> files, long size, Span<int> classes, Func<bool> stop)
    {
        if (_order.Length < files.Length)
        {
            (_order, _hashes) = (new int[files.Length * 2], new ulong[files.Length * 2]);
        }

        for (var i = 0; i < files.Length; i++)
        {
            _order[i] = i;

            // all of the first blocks are asked for at once: a cold disk answers them together
            FileReading.Announce(files[i], 0, Math.Min(size, BlockSize));
        }

        (var found, HeldClass, _held) = (0, -1, 0);
        classes[..files.Length].Fill(-1);
        _groups.Clear();
        _groups.Push((0, files.Length, 0, false));
        while (_groups.TryPop(out var group) && !stop())
        {
            var count = Follow(group.Start, group.Count, group.Offset, group.IsHashed, files, size, classes, stop);
            for (var i = 0; i < count; i++)
            {
                classes[_order[group.Start + i]] = found;
            }

            HeldClass = count > 0 && _held == size ? found : -1;
            found += count > 0 ? 1 : 0;
        }

        return found;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_first);
        NativeMemory.AlignedFree(_other);
    }

    /// <summary>Reads a group to its end; those that differ from its first are left for later.</summary>
    /// <returns>How many are equal to the first.</returns>
    private int Follow(int start, int count, long offset, bool isHashed, ReadOnlySpan<int> files, long size, Span<int> classes, Func<bool> stop)
    {
        _held = 0;
        while (count > 1 && offset < size)
        {
            if (stop())
            {
                return 0;
            }

            var length = (int)Math.Min(BlockSize, size - offset);
            if (count > Many && !isHashed)
            {
                PartByHash(start, count, offset, length, files, classes, stop);
                return 0;
            }

            isHashed = false;
            if (!Read(files[_order[start]], _first, length, offset))
            {
                classes[_order[start]] = -1;
                (start, count) = (start + 1, count - 1);
                _groups.Push((start, count, offset, true));
                return 0;
            }

            var different = 0;
            for (var i = 1; i < count - different;)
            {
                if (stop())
                {
                    return 0;
                }

                if (!Read(files[_order[start + i]], _other, length, offset))
                {
                    classes[_order[start + i]] = -1;

                    // out of the group: behind the different ones, which move up
                    var failed = _order[start + i];
                    _order.AsSpan(start + i + 1, count - i - 1).CopyTo(_order.AsSpan(start + i));
                    _order[start + --count] = failed;
                }
                else if (new ReadOnlySpan<byte>(_first, length).SequenceEqual(new ReadOnlySpan<byte>(_other, length)))
                {
                    i++;
                }
                else
                {
                    different++;
                    var last = start + count - different;
                    (_order[start + i], _order[last]) = (_order[last], _order[start + i]);
                }
            }

            _held = offset == 0 ? length : 0;
            count -= different;
            if (different > 0)
            {
                _groups.Push((start + count, different, offset, false));
            }

            offset += length;
        }

        return count;
    }

    private void PartByHash(int start, int count, long offset, int length, ReadOnlySpan<int> files, Span<int> classes, Func<bool> stop)
    {
        for (var i = 0; i < count;)
        {
            if (stop())
            {
                return;
            }

            if (Read(files[_order[start + i]], _other, length, offset))
            {
                _hashes[start + i] = BlockHash.Of(new ReadOnlySpan<byte>(_other, length), 0);
                i++;
            }
            else
            {
                classes[_order[start + i]] = -1;
                _order[start + i] = _order[start + --count];
            }
        }

        Array.Sort(_hashes, _order, start, count);
        for (int from = start, to; from < start + count; from = to)
        {
            for (to = from + 1; to < start + count && _hashes[to] == _hashes[from]; to++)
            {
            }

            _groups.Push((from, to - from, offset, true));
        }
    }

    /// <summary>Whether a file can be read to its end.</summary>
    public bool CanBeRead(int fd, long size, Func<bool> stop)
    {
        for (long at = 0; at < size && !stop(); at += BlockSize)
        {
            if (!Read(fd, _other, (int)Math.Min(BlockSize, size - at), at))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Read(int fd, byte* buffer, int length, long offset)
    {
        for (var done = 0; done < length;)
        {
            var read = Libc.pread(fd, buffer + done, (nuint)(length - done), offset + done);
            if (read <= 0)
            {
                return false;
            }

            done += (int)read;
        }

        return true;
    }
}
