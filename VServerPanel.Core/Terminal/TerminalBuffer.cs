namespace VServerPanel.Core.Terminal;

/// <summary>The last bytes that a terminal has shown, by their place in all that it ever showed. Takes no more memory, however much comes.</summary>
/// <remarks>Not safe for several threads: its session locks.</remarks>
internal sealed class TerminalBuffer
{
    public const int Capacity = 256 << 10;

    // where the beginning is lost, what is kept may begin within a character or a control sequence: it is shown from a line's end on
    private const int LongestSearch = 4096;

    private readonly byte[] _ring = new byte[Capacity];

    /// <summary>Where the next byte will be.</summary>
    public long End { get; private set; }

    /// <summary>The first byte that is still there.</summary>
    public long Start => Math.Max(0, End - Capacity);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        End += Math.Max(0, bytes.Length - Capacity);
        bytes = bytes[^Math.Min(bytes.Length, Capacity)..];
        var at = (int)(End % Capacity);
        var first = Math.Min(bytes.Length, Capacity - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..].CopyTo(_ring);
        End += bytes.Length;
    }

    /// <summary>Bytes from a place on, which must be there.</summary>
    public byte[] Read(long from, int most)
    {
        var bytes = new byte[Math.Min(most, End - from)];
        var at = (int)(from % Capacity);
        var first = Math.Min(bytes.Length, Capacity - at);
        _ring.AsSpan(at, first).CopyTo(bytes);
        _ring.AsSpan(0, bytes.Length - first).CopyTo(bytes.AsSpan(first));
        return bytes;
    }

    /// <summary>Where to begin showing what is there.</summary>
    public long FirstToShow()
    {
        if (Start == 0)
        {
            return 0;
        }

        var newline = Array.IndexOf(Read(Start, LongestSearch), (byte)'\n');
        return Start + newline + 1;
    }
}
