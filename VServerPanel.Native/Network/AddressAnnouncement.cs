using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

/// <summary>Tells the neighbours where an address is now, so that one that moved here is reached at once.</summary>
internal static class AddressAnnouncement
{
    /// <summary>Sends a gratuitous ARP request (RFC 5227, section 3) or an unsolicited neighbour advertisement (RFC 4861, section 7.2.6).</summary>
    public static void Send(HostLink device, IPAddress address)
    {
        if (!device.HasNeighbours || device.HardwareAddress is not { } mac)
        {
            return;
        }

        var index = device.Index;
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            SendArp(index, mac, address);
        }
        else
        {
            SendAdvertisement(index, mac, address);
        }
    }

    /// <summary>Ethernet, hardware type 1; IPv4; a request by which the sender asks for itself.</summary>
    internal static byte[] ArpPacket(ReadOnlySpan<byte> mac, IPAddress address) =>
        [0, 1, 8, 0, 6, 4, 0, 1, .. mac, .. address.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. address.GetAddressBytes()];

    /// <summary>Type 136 with the override flag, the target, and option 2, its link-layer address. The kernel fills in the checksum.</summary>
    internal static byte[] AdvertisementPacket(ReadOnlySpan<byte> mac, IPAddress address) =>
        [136, 0, 0, 0, 0x20, 0, 0, 0, .. address.GetAddressBytes(), 2, 1, .. mac];

    private static void SendArp(uint index, byte[] mac, IPAddress address)
    {
        using var socket = Libc.Socket(Libc.AF_PACKET, Libc.SOCK_DGRAM, IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ARP) & 0xffff);
        Libc.SendTo(socket, ArpPacket(mac, address), new Libc.LinkAddress
        {
            Family = Libc.AF_PACKET,
            ProtocolBigEndian = (ushort)IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ARP),
            Device = (int)index,
            Length = 6,
            Address = 0xFFFF_FFFF_FFFF,
        });
    }

    private static void SendAdvertisement(uint index, byte[] mac, IPAddress address)
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, (int)index);

        // RFC 4861, section 7.1.2: anything but 255 has come from beyond the link
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.Bind(new IPEndPoint(address, 0));
        socket.SendTo(AdvertisementPacket(mac, address), new IPEndPoint(new IPAddress(IPAddress.Parse("ff02::1").GetAddressBytes(), index), 0));
    }
}
