using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Network;

namespace VServerPanel.Native.Readdressing;

/// <summary>Asks the network who has an IPv4 address, before it is taken (RFC 5227, section 2.1.1).</summary>
internal static class AddressProbe
{
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(400);

    /// <summary>Those of the new addresses that another machine answers for, with its hardware address. None where there is nobody to ask.</summary>
    public static IReadOnlyList<(IPAddress Address, string HardwareAddress)> Answered(VServerConf conf, VServerConf before)
    {
        using var route = new RouteSocket();
        var (links, host) = (route.ListLinks(), route.List().Select(a => a.Address).ToHashSet());
        var asked = conf.Addresses.Where(a => !a.IsIPv6 && !host.Contains(a.Address) && !before.Addresses.Any(b => b.Address.Equals(a.Address)))
            .Select(a => (a.Address, Link: links.Find(l => l.Name == (a.Device ?? conf.Device)?.Split(':')[0])))
            .Where(a => a.Link is { HasNeighbours: true, IsUp: true }).ToList();
        if (asked.Count == 0)
        {
            return [];
        }

        using var socket = Libc.Socket(Libc.AF_PACKET, Libc.SOCK_DGRAM, IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ARP) & 0xffff);
        foreach (var (address, link) in asked)
        {
            Libc.SendTo(socket, Packet(link!.HardwareAddress!, address), new Libc.LinkAddress
            {
                Family = Libc.AF_PACKET,
                ProtocolBigEndian = (ushort)IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ARP),
                Device = (int)link.Index,
                Length = 6,
                Address = 0xFFFF_FFFF_FFFF,
            });
        }

        return Listen(socket, asked.ConvertAll(a => (a.Address, Own: a.Link!.HardwareAddress!)));
    }

    /// <summary>A request by nobody: who has this address?</summary>
    internal static byte[] Packet(ReadOnlySpan<byte> mac, IPAddress address) =>
        [0, 1, 8, 0, 6, 4, 0, 1, .. mac, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. address.GetAddressBytes()];

    private static List<(IPAddress Address, string HardwareAddress)> Listen(Microsoft.Win32.SafeHandles.SafeFileHandle socket, List<(IPAddress Address, byte[] Own)> asked)
    {
        List<(IPAddress Address, string HardwareAddress)> found = [];
        var packet = new byte[256];
        for (var deadline = Environment.TickCount64 + (long)s_wait.TotalMilliseconds; deadline - Environment.TickCount64 is > 0 and var left && found.Count < asked.Count;)
        {
            if (!Libc.WaitReadable(socket, TimeSpan.FromMilliseconds(left)) || Libc.Receive(socket, packet) < 28)
            {
                continue;
            }

            // arp(7): hardware and protocol address of the sender follow eight bytes
            var (sender, mac) = (new IPAddress(packet.AsSpan(14, 4)), packet.AsSpan(8, 6).ToArray());
            if (asked.Exists(a => a.Address.Equals(sender) && !a.Own.AsSpan().SequenceEqual(mac)) && !found.Exists(f => f.Address.Equals(sender)))
            {
                found.Add((sender, string.Join(':', mac.Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)))));
            }
        }

        return found;
    }
}
