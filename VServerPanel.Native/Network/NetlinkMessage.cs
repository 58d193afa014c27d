using System.Buffers.Binary;
using System.Text;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

/// <summary>Builds one request of rtnetlink(7): a header, the fixed part, attributes.</summary>
internal ref struct NetlinkMessage
{
    private const int HeaderSize = 16;
    private readonly Span<byte> _buffer;
    private int _length;

    /// <param name="buffer">Room for the message.</param>
    /// <param name="type">RTM_NEWADDR …</param>
    /// <param name="flags">NLM_F_REQUEST …</param>
    public NetlinkMessage(Span<byte> buffer, ushort type, ushort flags)
    {
        buffer.Clear();
        _buffer = buffer;
        _length = HeaderSize;

        // struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }, in the host's byte order
        BitConverter.TryWriteBytes(_buffer[4..], type);
        BitConverter.TryWriteBytes(_buffer[6..], flags);
    }

    /// <summary>The message with its length set.</summary>
    public readonly ReadOnlySpan<byte> Finish()
    {
        BitConverter.TryWriteBytes(_buffer, _length);
        return _buffer[.._length];
    }

    /// <summary>struct ifaddrmsg { u8 family, prefixlen, flags, scope; u32 index; }.</summary>
    public void AddressHeader(byte family, byte prefixLength, byte flags, uint index)
    {
        _buffer[_length] = family;
        _buffer[_length + 1] = prefixLength;
        _buffer[_length + 2] = flags;
        BitConverter.TryWriteBytes(_buffer[(_length + 4)..], index);
        _length += 8;
    }

    /// <summary>struct ifinfomsg { u8 family, pad; u16 type; s32 index; u32 flags, change; }.</summary>
    /// <param name="index">The device; 0: a new one, or all.</param>
    /// <param name="flags">IFF_UP …</param>
    /// <param name="change">Which of the flags are meant.</param>
    public void LinkHeader(uint index, uint flags, uint change)
    {
        BitConverter.TryWriteBytes(_buffer[(_length + 4)..], index);
        BitConverter.TryWriteBytes(_buffer[(_length + 8)..], flags);
        BitConverter.TryWriteBytes(_buffer[(_length + 12)..], change);
        _length += 16;
    }

    /// <summary>struct rtmsg { u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags; }: a route to everywhere, by a router on the link.</summary>
    public void RouteHeader(byte family)
    {
        _buffer[_length] = family;
        _buffer[_length + 4] = Libc.RT_TABLE_MAIN;
        _buffer[_length + 5] = Libc.RTPROT_STATIC;
        _buffer[_length + 7] = Libc.RTN_UNICAST;
        BitConverter.TryWriteBytes(_buffer[(_length + 8)..], Libc.RTNH_F_ONLINK);
        _length += 12;
    }

    /// <summary>struct ndmsg { u8 family, pad; u16 pad; s32 index; u16 state; u8 flags, type; }: an entry of a bridge's own, which is none that it learned.</summary>
    public void BridgeEntryHeader(uint port)
    {
        _buffer[_length] = Libc.PF_BRIDGE;
        BitConverter.TryWriteBytes(_buffer[(_length + 4)..], port);
        BitConverter.TryWriteBytes(_buffer[(_length + 8)..], Libc.NUD_NOARP);
        _buffer[_length + 10] = Libc.NTF_MASTER | Libc.NTF_STICKY;
        _length += 12;
    }

    public void Text(ushort type, string text) => Attribute(type, [.. Encoding.UTF8.GetBytes(text), 0]);

    public void Number(ushort type, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BitConverter.TryWriteBytes(bytes, number);
        Attribute(type, bytes);
    }

    /// <summary>Begins an attribute that consists of those that follow.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public int Begin(ushort type)
    {
        var start = _length;
        Attribute((ushort)(type | Libc.NLA_F_NESTED), []);
        return start;
    }

    /// <summary>Ends it.</summary>
    public readonly void End(int start) => BitConverter.TryWriteBytes(_buffer[start..], (ushort)(_length - start));

    /// <summary>struct rtattr { u16 len; u16 type; }, then the value, padded to four bytes.</summary>
    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        BitConverter.TryWriteBytes(_buffer[_length..], (ushort)(4 + value.Length));
        BitConverter.TryWriteBytes(_buffer[(_length + 2)..], type);
        value.CopyTo(_buffer[(_length + 4)..]);
        _length += Align(4 + value.Length);
    }

    public static int Align(int length) => (length + 3) & ~3;

    /// <summary>Reads a 32-bit number in the host's byte order.</summary>
    public static int ReadInt32(ReadOnlySpan<byte> at) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(at) : BinaryPrimitives.ReadInt32BigEndian(at);

    public static ushort ReadUInt16(ReadOnlySpan<byte> at) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
}
