namespace VServerPanel.Native.Network;

/// <summary>One attribute of a message.</summary>
internal readonly ref struct NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
{
    // the upper two bits say how it is encoded (linux/netlink.h, NLA_TYPE_MASK)
    public ushort Type { get; } = (ushort)(type & 0x3fff);

    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>Goes through attributes: <c>struct rtattr { u16 len; u16 type; }</c>, the value, padded to four bytes. Ends at the first that cannot be.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;
    private ReadOnlySpan<byte> _current = default;

    public readonly NetlinkAttributes GetEnumerator() => this;

    public readonly NetlinkAttribute Current => new(NetlinkMessage.ReadUInt16(_current[2..]), _current[4..]);

    public bool MoveNext()
    {
        if (_rest.Length < 4 || NetlinkMessage.ReadUInt16(_rest) is var length && (length < 4 || length > _rest.Length))
        {
            return false;
        }

        _current = _rest[..length];
        _rest = _rest[Math.Min(NetlinkMessage.Align(length), _rest.Length)..];
        return true;
    }
}
