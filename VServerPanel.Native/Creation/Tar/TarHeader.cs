using System.Globalization;
using System.Text;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>A 512-byte header of a tar archive (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").</summary>
internal sealed class TarHeader(byte[] block)
{
    public const int BlockSize = 512;

    private const int ChecksumOffset = 148;

    public bool IsEmpty => block.AsSpan().IndexOfAnyExcept((byte)0) < 0;

    /// <summary>'0' file, '1' hard link, '2' symlink, '3' '4' devices, '5' directory, '6' FIFO, 'x' 'g' pax headers, 'L' 'K' GNU long names, 'S' GNU sparse file.</summary>
    public char Type => block[156] == 0 ? '0' : (char)block[156];

    public string Name => IsGnu || PrefixField.Length == 0 ? Text(0, 100) : $"{PrefixField}/{Text(0, 100)}";

    public string LinkName => Text(157, 100);

    public uint Mode => (uint)Number(100, 8) & 0xfff;

    public long Uid => Number(108, 8);

    public long Gid => Number(116, 8);

    public long Size => Number(124, 12);

    public long Seconds => Number(136, 12);

    /// <summary>GNU sparse: the size that the file has with its holes.</summary>
    public long RealSize => Number(483, 12);

    /// <summary>GNU sparse: whether blocks with more ranges follow.</summary>
    public bool IsExtended => block[482] != 0;

    private bool IsGnu => block.AsSpan(257, 8).SequenceEqual("ustar  \0"u8);

    private string PrefixField => block.AsSpan(257, 5).SequenceEqual("ustar"u8) ? Text(345, 155) : "";

    /// <summary>Whether the checksum is right: the sum of all bytes, its own field taken as blanks; some old writers took bytes as signed.</summary>
    public bool IsValid
    {
        get
        {
            long unsigned = 0, signed = 0;
            for (var i = 0; i < BlockSize; i++)
            {
                var value = i is >= ChecksumOffset and < ChecksumOffset + 8 ? (byte)' ' : block[i];
                unsigned += value;
                signed += (sbyte)value;
            }

            var told = Number(ChecksumOffset, 8);
            return told == unsigned || told == signed;
        }
    }

    /// <summary>GNU sparse ranges in a header (from 386, four) or in a block that follows (from 0, twenty-one).</summary>
    public IEnumerable<DataRange> Ranges(int offset, int count)
    {
        for (var i = 0; i < count; i++, offset += 24)
        {
            var length = Number(offset + 12, 12);
            if (length > 0)
            {
                yield return new DataRange(Number(offset, 12), length);
            }
        }
    }

    /// <summary>Bytes up to the first zero as text.</summary>
    public static string TextOf(ReadOnlySpan<byte> bytes) => PathMarshaller.Decode(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);

    private string Text(int offset, int length) => TextOf(block.AsSpan(offset, length));

    // octal digits, or, with the first bit set, a big-endian number (GNU, "base-256")
    private long Number(int offset, int length)
    {
        var field = block.AsSpan(offset, length);
        if ((field[0] & 0x80) != 0)
        {
            long value = field[0] == 0xff ? -1 : field[0] & 0x7f;
            foreach (var b in field[1..])
            {
                value = (value << 8) | b;
            }

            return value;
        }

        var text = Encoding.ASCII.GetString(field).Trim(' ', '\0');
        long number = 0;
        foreach (var c in text)
        {
            if (c is < '0' or > '7')
            {
                throw TreeWriter.Damaged(string.Create(CultureInfo.InvariantCulture, $"a number at byte {offset} of a header is none"));
            }

            number = (number << 3) | (uint)(c - '0');
        }

        return number;
    }
}
