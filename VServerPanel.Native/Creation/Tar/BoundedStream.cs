using VServerPanel.Native.Creation.Trees;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>The content of one entry within the archive's stream, padded to a whole block.</summary>
internal sealed class BoundedStream(Stream stream, long size) : Stream
{
    private readonly long _padding = (TarHeader.BlockSize - (size % TarHeader.BlockSize)) % TarHeader.BlockSize;
    private bool _skipped;

    /// <summary>Bytes that are left.</summary>
    public long Remaining { get; private set; } = size;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Goes to the next header.</summary>
    public void Skip()
    {
        if (_skipped)
        {
            return;
        }

        _skipped = true;
        var buffer = new byte[1 << 16];
        for (var left = Remaining + _padding; left > 0;)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0)
            {
                throw TreeWriter.Damaged("it is cut off");
            }

            left -= read;
        }

        Remaining = 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = Remaining == 0 ? 0 : stream.Read(buffer[..(int)Math.Min(buffer.Length, Remaining)]);
        Remaining -= read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
