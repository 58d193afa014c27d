using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

internal sealed partial class RouteSocket
{
    private const ushort New = Libc.NLM_F_REQUEST | Libc.NLM_F_ACK | Libc.NLM_F_CREATE | Libc.NLM_F_EXCL;

    /// <summary>All devices.</summary>
    public List<HostLink> ListLinks()
    {
        var request = new NetlinkMessage(stackalloc byte[64], Libc.RTM_GETLINK, Libc.NLM_F_REQUEST | Libc.NLM_F_DUMP);
        request.LinkHeader(0, 0, 0);
        return Dump(request.Finish(), Libc.RTM_NEWLINK, HostLink.Parse, "RTM_GETLINK");
    }

    /// <summary>The device of this name; null where there is none.</summary>
    public HostLink? FindLink(string name) => ListLinks().Find(l => l.Name == name);

    /// <summary>Makes a bridge, up and without ports (ip-link(8), bridge).</summary>
    /// <exception cref="ErrnoException">EEXIST: there is a device of this name.</exception>
    public void AddBridge(string name)
    {
        var message = new NetlinkMessage(stackalloc byte[256], Libc.RTM_NEWLINK, New);
        message.LinkHeader(0, Libc.IFF_UP, Libc.IFF_UP);
        message.Text(Libc.IFLA_IFNAME, name);
        var info = message.Begin(Libc.IFLA_LINKINFO);
        message.Text(Libc.IFLA_INFO_KIND, "bridge");
        message.End(info);
        Transact(message.Finish(), "RTM_NEWLINK", name);
    }

    /// <summary>Makes a pair of devices (veth(4)): one end here, up, as a port of a bridge; the other in another network namespace.</summary>
    /// <exception cref="ErrnoException">EEXIST: there is a device of this name.</exception>
    public void AddVeth(string name, ReadOnlySpan<byte> address, HostLink bridge, SafeFileHandle network, string peerName, ReadOnlySpan<byte> peerAddress)
    {
        var message = new NetlinkMessage(stackalloc byte[512], Libc.RTM_NEWLINK, New);
        message.LinkHeader(0, Libc.IFF_UP, Libc.IFF_UP);
        message.Text(Libc.IFLA_IFNAME, name);
        message.Attribute(Libc.IFLA_ADDRESS, address);
        message.Number(Libc.IFLA_MTU, (uint)bridge.Mtu);
        message.Number(Libc.IFLA_MASTER, bridge.Index);
        var info = message.Begin(Libc.IFLA_LINKINFO);
        message.Text(Libc.IFLA_INFO_KIND, "veth");
        var data = message.Begin(Libc.IFLA_INFO_DATA);
        var peer = message.Begin(Libc.VETH_INFO_PEER);
        message.LinkHeader(0, 0, 0);
        message.Text(Libc.IFLA_IFNAME, peerName);
        message.Attribute(Libc.IFLA_ADDRESS, peerAddress);
        message.Number(Libc.IFLA_MTU, (uint)bridge.Mtu);
        message.Number(Libc.IFLA_NET_NS_FD, (uint)network.DangerousGetHandle());
        message.End(peer);
        message.End(data);
        message.End(info);
        Transact(message.Finish(), "RTM_NEWLINK", name);
    }

    /// <summary>Tells a bridge who is at one of its ports, so that it takes no port's word for that (bridge(8), learning off, guard on).</summary>
    /// <remarks>A bridge remembers each sender for 300 s in memory of the kernel that nobody is charged for and that has no bound before 6.7: a guest that
    /// sends under ever new addresses takes all of the host's. And it would be given what is for the neighbour whose address it sends under.</remarks>
    public void FixPort(HostLink port, ReadOnlySpan<byte> neighbour)
    {
        var message = new NetlinkMessage(stackalloc byte[128], Libc.RTM_NEWLINK, Libc.NLM_F_REQUEST | Libc.NLM_F_ACK);
        message.LinkHeader(port.Index, 0, 0);
        var info = message.Begin(Libc.IFLA_LINKINFO);
        message.Text(Libc.IFLA_INFO_SLAVE_KIND, "bridge");
        var data = message.Begin(Libc.IFLA_INFO_SLAVE_DATA);
        message.Attribute(Libc.IFLA_BRPORT_LEARNING, [0]);
        message.Attribute(Libc.IFLA_BRPORT_GUARD, [1]);
        message.End(data);
        message.End(info);
        Transact(message.Finish(), "RTM_NEWLINK", port.Name);

        var entry = new NetlinkMessage(stackalloc byte[64], Libc.RTM_NEWNEIGH, Libc.NLM_F_REQUEST | Libc.NLM_F_ACK | Libc.NLM_F_CREATE | Libc.NLM_F_REPLACE);
        entry.BridgeEntryHeader(port.Index);
        entry.Attribute(Libc.NDA_LLADDR, neighbour);
        Transact(entry.Finish(), "RTM_NEWNEIGH", port.Name);
    }

    /// <summary>Makes a device in another network namespace on top of one of ours (ip-link(8), macvlan in mode bridge: those on one parent reach each other).</summary>
    public void AddMacvlan(string name, ReadOnlySpan<byte> address, HostLink parent, SafeFileHandle network)
    {
        var message = new NetlinkMessage(stackalloc byte[256], Libc.RTM_NEWLINK, New);
        message.LinkHeader(0, 0, 0);
        message.Text(Libc.IFLA_IFNAME, name);
        message.Attribute(Libc.IFLA_ADDRESS, address);
        message.Number(Libc.IFLA_LINK, parent.Index);
        message.Number(Libc.IFLA_NET_NS_FD, (uint)network.DangerousGetHandle());
        var info = message.Begin(Libc.IFLA_LINKINFO);
        message.Text(Libc.IFLA_INFO_KIND, "macvlan");
        var data = message.Begin(Libc.IFLA_INFO_DATA);
        message.Number(Libc.IFLA_MACVLAN_MODE, Libc.MACVLAN_MODE_BRIDGE);
        message.End(data);
        message.End(info);
        Transact(message.Finish(), "RTM_NEWLINK", $"{name} on {parent.Name}");
    }

    public void SetUp(HostLink link)
    {
        var message = new NetlinkMessage(stackalloc byte[64], Libc.RTM_NEWLINK, Libc.NLM_F_REQUEST | Libc.NLM_F_ACK);
        message.LinkHeader(link.Index, Libc.IFF_UP, Libc.IFF_UP);
        Transact(message.Finish(), "RTM_NEWLINK", link.Name);
    }

    /// <summary>Removes a device; false where it is gone already.</summary>
    public bool RemoveLink(HostLink link)
    {
        var message = new NetlinkMessage(stackalloc byte[64], Libc.RTM_DELLINK, Libc.NLM_F_REQUEST | Libc.NLM_F_ACK);
        message.LinkHeader(link.Index, 0, 0);
        try
        {
            Transact(message.Finish(), "RTM_DELLINK", link.Name);
            return true;
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENODEV)
        {
            return false;
        }
    }

    /// <summary>Sends what is for elsewhere to a router, be it in a network of ours or not (ip-route(8), onlink).</summary>
    public void AddDefaultRoute(HostLink link, IPAddress gateway)
    {
        var message = new NetlinkMessage(stackalloc byte[128], Libc.RTM_NEWROUTE, New);
        message.RouteHeader(gateway.AddressFamily == AddressFamily.InterNetwork ? (byte)Libc.AF_INET : (byte)Libc.AF_INET6);
        message.Attribute(Libc.RTA_GATEWAY, gateway.GetAddressBytes());
        message.Number(Libc.RTA_OIF, link.Index);
        Transact(message.Finish(), "RTM_NEWROUTE", gateway.ToString());
    }
}
