using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages;

/// <summary>A guest's text file, line by line in one buffer. It may be endless, a FIFO, a device, a symlink to anywhere, or change meanwhile.</summary>
internal sealed class GuestLines : IDisposable
{
    // the longest that a path (PATH_MAX 4096) or a field that we read can have, with room
    private const int LongestLine = 1 << 14;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[LongestLine * 2];
    private long _offset;
    private long _left;
    private int _start;
    private int _end;
    private bool _isSkipping;

    private GuestLines(SafeFileHandle file, long most, long offset) => (_file, _left, _offset) = (file, most, offset);

    /// <summary>Bytes that have been read so far.</summary>
    public long BytesRead => _offset;

    /// <summary>Where the next line begins.</summary>
    public long Position => _offset - (_end - _start);

    /// <summary>Opens a file below the root; null where there is none, or none that we would read.</summary>
    /// <param name="root">The root's directory.</param>
    /// <param name="path">Without leading slash.</param>
    /// <param name="mostBytes">What lies behind is not read.</param>
    /// <param name="offset">Where to begin.</param>
    public static GuestLines? TryOpen(SafeFileHandle root, string path, long mostBytes, long offset = 0)
    {
        SafeFileHandle? file = null;
        try
        {
            // NONBLOCK: a FIFO without a writer must not make us wait
            file = Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY);
            if ((Libc.fstatx(file).Mode & Libc.S_IFMT) == Libc.S_IFREG)
            {
                return new GuestLines(file, mostBytes, offset);
            }
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.ENXIO or ErrnoNames.EAGAIN or ErrnoNames.EXDEV or ErrnoNames.EACCES)
        {
            return null;
        }

        file.Dispose();
        return null;
    }

    /// <summary>The next line without its end; a line that is too long is left out. Valid until the next call.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = _buffer.AsSpan(_start, newline);
                _start += newline + 1;
                if (!_isSkipping)
                {
                    return true;
                }

                _isSkipping = false;
                continue;
            }

            if (_end - _start >= LongestLine)
            {
                _isSkipping = true;
                _start = _end;
            }

            if (!Fill())
            {
                line = _buffer.AsSpan(_start, _end - _start);
                _start = _end;
                return line.Length > 0 && !_isSkipping;
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var count = (int)Math.Min(_buffer.Length - _end, _left);
        var read = count > 0 ? RandomAccess.Read(_file, _buffer.AsSpan(_end, count), _offset) : 0;
        _offset += read;
        _left -= read;
        _end += read;
        return read > 0;
    }
}
