using System.Text;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

/// <summary>A network device, as rtnetlink(7) tells of it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
internal sealed record HostLink(uint Index, string Name)
{
    private const ushort Ethernet = 1;  // ARPHRD_ETHER, linux/if_arp.h
    private const uint Up = 0x1;        // IFF_UP, linux/if.h
    private const uint Loopback = 0x8;  // IFF_LOOPBACK
    private const uint NoArp = 0x80;    // IFF_NOARP

    /// <summary>bridge, veth, macvlan …; null for hardware.</summary>
    public string? Kind { get; init; }

    /// <summary>Six bytes of Ethernet; null where it is something else.</summary>
    public byte[]? HardwareAddress { get; init; }

    public uint Flags { get; init; }

    public int Mtu { get; init; }

    /// <summary>The bridge or bond it is part of; 0: none.</summary>
    public uint Master { get; init; }

    public bool IsUp => (Flags & Up) != 0;

    public bool IsLoopback => (Flags & Loopback) != 0;

    /// <summary>Whether neighbours are found by asking on the wire.</summary>
    public bool HasNeighbours => HardwareAddress is not null && (Flags & (NoArp | Loopback)) == 0;

    /// <summary>Reads one RTM_NEWLINK message's body: <c>struct ifinfomsg { u8 family, pad; u16 type; s32 index; u32 flags, change; }</c> and attributes.</summary>
    public static HostLink? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16)
        {
            return null;
        }

        var type = NetlinkMessage.ReadUInt16(body[2..]);
        var link = new HostLink((uint)NetlinkMessage.ReadInt32(body[4..]), "") { Flags = (uint)NetlinkMessage.ReadInt32(body[8..]) };
        foreach (var attribute in new NetlinkAttributes(body[16..]))
        {
            link = attribute.Type switch
            {
                Libc.IFLA_IFNAME => link with { Name = Text(attribute.Value) },
                Libc.IFLA_ADDRESS when type == Ethernet && attribute.Value.Length == 6 => link with { HardwareAddress = attribute.Value.ToArray() },
                Libc.IFLA_MTU when attribute.Value.Length == 4 => link with { Mtu = NetlinkMessage.ReadInt32(attribute.Value) },
                Libc.IFLA_MASTER when attribute.Value.Length == 4 => link with { Master = (uint)NetlinkMessage.ReadInt32(attribute.Value) },
                Libc.IFLA_LINKINFO => link with { Kind = KindOf(attribute.Value) },
                _ => link,
            };
        }

        return link.Name.Length > 0 ? link : null;
    }

    private static string? KindOf(ReadOnlySpan<byte> info)
    {
        foreach (var attribute in new NetlinkAttributes(info))
        {
            if (attribute.Type == Libc.IFLA_INFO_KIND)
            {
                return Text(attribute.Value);
            }
        }

        return null;
    }

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
