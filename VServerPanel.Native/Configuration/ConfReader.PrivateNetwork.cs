using System.Net;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfReader
{
    // resolv.conf(5), MAXNS
    private const int MostNameServers = 3;

    private List<IPAddress> ReadAddressList(string key, string what)
    {
        var addresses = new List<IPAddress>();
        foreach (var entry in Text(key)?.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (!ConfAddress.TryParseAddress(entry, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast)
            {
                Error(key, $"'{entry}' is no address of a {what}. Write IPv4 or IPv6 addresses, such as 10.0.0.1 or 2001:db8::1.");
            }
            else if (addresses.Contains(address))
            {
                Error(key, $"{address} is there twice. Leave one.");
            }
            else
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    private void CheckNameServers(VServerConf conf)
    {
        if (conf.NameServers.Count > MostNameServers)
        {
            Warning(ConfKeys.Dns, $"DNS has {conf.NameServers.Count} name servers; most programs ask the first {MostNameServers} only.");
        }
    }

    private void CheckSharedNetwork(VServerConf conf)
    {
        foreach (var key in (string[])[ConfKeys.NetworkLink, ConfKeys.Gateway])
        {
            if (conf.NetworkMode == NetworkMode.Shared && Text(key) is not null)
            {
                Warning(key, $"{key} is not used in the host's network. It belongs to NETWORK_MODE=private.");
            }
        }
    }

    private void CheckPrivateNetwork(VServerConf conf)
    {
        if (conf.NetworkMode != NetworkMode.Private)
        {
            return;
        }

        if (conf.HasAllAddresses)
        {
            Error(ConfKeys.IpRoot, "IPROOT=ALL means the host's addresses, and with NETWORK_MODE=private the vserver has a network of its own. Write its own addresses, such as 10.0.0.2/24, or leave IPROOT empty.");
        }

        if (conf.Device is null)
        {
            foreach (var (key, value) in ((string, string)[])[(ConfKeys.IpRoot, "an address"), (ConfKeys.NetworkLink, "a link"), (ConfKeys.Gateway, "a gateway")])
            {
                if (Text(key) is not null && !(key == ConfKeys.IpRoot && conf.IsUntied))
                {
                    Error(key, $"With NETWORK_MODE=private {value} needs a device to be connected to. Write a bridge of the host into IPROOTDEV, such as br0, or leave {key} empty for loopback only.");
                }
            }
        }
        else if (conf.Device.Contains(':', StringComparison.Ordinal))
        {
            Error(ConfKeys.IpRootDev, $"'{conf.Device}' is the label of an alias; a private network is connected to a whole device. Write {conf.Device.Split(':')[0]}.");
        }

        foreach (var address in conf.Addresses)
        {
            CheckPrivateAddress(conf, address);
        }

        CheckGateways(conf);
    }

    private void CheckPrivateAddress(VServerConf conf, ConfAddress address)
    {
        if (address.Device is not null)
        {
            Error(ConfKeys.IpRoot, $"'{address}' names a device of the host, and with NETWORK_MODE=private all addresses are on the vserver's own link. Write {address.Address}{(address.PrefixLength is { } own ? $"/{own}" : "")}.");
        }

        if (conf.PrefixOf(address) is not { } bits)
        {
            Error(ConfKeys.IpRoot, $"With NETWORK_MODE=private {address.Address} needs the size of its network. Write {address.Address}{(address.IsIPv6 ? "/64" : "/24")}, or whatever it is.");
        }
        else if (!address.IsIPv6 && bits < 31 && conf.NetworkOf(address) is var network && (network.BaseAddress.Equals(address.Address) || BroadcastOf(network).Equals(address.Address)))
        {
            Error(ConfKeys.IpRoot, $"{address.Address} is the {(network.BaseAddress.Equals(address.Address) ? "number" : "broadcast address")} of the network {network} itself. Write one that a machine can have.");
        }
    }

    private void CheckGateways(VServerConf conf)
    {
        foreach (var gateway in conf.Gateways)
        {
            var own = conf.Addresses.Where(a => a.Address.AddressFamily == gateway.AddressFamily).ToList();
            if (own.Exists(a => a.Address.Equals(gateway)))
            {
                Error(ConfKeys.Gateway, $"{gateway} is the vserver's own address. Write the router's.");
            }
            else if (own.Count == 0)
            {
                Error(ConfKeys.Gateway, $"{gateway} needs an address of its kind in IPROOT: without one the vserver cannot send to it.");
            }
            else if (!gateway.IsIPv6LinkLocal && !own.Exists(a => conf.PrefixOf(a) is not { } bits || bits >= (a.IsIPv6 ? 128 : 32) || conf.NetworkOf(a).Contains(gateway)))
            {
                Error(ConfKeys.Gateway, $"{gateway} is in none of the vserver's networks ({string.Join(", ", own)}). Correct it, or the size of the network behind the address.");
            }
        }

        foreach (var family in conf.Gateways.GroupBy(g => g.AddressFamily).Where(f => f.Count() > 1))
        {
            Error(ConfKeys.Gateway, $"There are {family.Count()} gateways of one kind: {string.Join(", ", family)}. Write one for IPv4 and one for IPv6 at most.");
        }
    }

    /// <summary>The network of this size in which an address is.</summary>
    internal static IPNetwork NetworkOf(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - (8 * i), 0, 8));
        }

        return new IPNetwork(new IPAddress(bytes), bits);
    }

    /// <summary>An IPv4 network's broadcast address.</summary>
    internal static IPAddress BroadcastOf(IPNetwork network)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] |= (byte)~(0xff00 >> Math.Clamp(network.PrefixLength - (8 * i), 0, 8));
        }

        return new IPAddress(bytes);
    }
}
