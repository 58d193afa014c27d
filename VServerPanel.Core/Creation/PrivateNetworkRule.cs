using System.Globalization;
using System.Net;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>What is wrong with the network of its own that a vserver is to have, and with its name servers.</summary>
internal static class PrivateNetworkRule
{
    public static IEnumerable<FieldFault> Faults(CreateRequest request, HostReport? host)
    {
        foreach (var server in request.NameServers.Where(s => !AddressRule.TryParseAddress(s.Trim(), out _)))
        {
            yield return new FieldFault(nameof(CreateRequest.NameServers), $"'{server}' is not an IPv4 or IPv6 address.");
        }

        if (request.NetworkMode is not NetworkMode.Private)
        {
            yield break;
        }

        var device = request.Device.Trim();
        if (device.Length == 0 && (request.Addresses.Count > 0 || request.Gateways.Count > 0))
        {
            yield return new FieldFault(nameof(CreateRequest.Device), "Addresses and routers need something that the vserver is connected to. Choose one, or take them away.");
        }
        else if (device.Length > 0 && host is not null && request.NetworkLink is NetworkLink.Bridge && host.Devices.Contains(device, StringComparer.Ordinal) && !host.Bridges.Contains(device, StringComparer.Ordinal))
        {
            yield return new FieldFault(nameof(CreateRequest.Device), $"'{device}' is no bridge. {(host.Bridges.Count > 0 ? $"The host's bridges are {string.Join(", ", host.Bridges)}." : "This host has none: 'vserver-setup --bridge br0 --address 10.0.0.1/24' makes one.")} Or choose macvlan, to be on top of {device}.");
        }

        var networks = new List<(IPAddress Address, IPNetwork Network)>();
        foreach (var text in request.Addresses.Select(a => a.Trim()))
        {
            if (!AddressRule.TryParse(text, out var address, out _))
            {
                continue;
            }

            var slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                yield return new FieldFault(nameof(CreateRequest.Addresses), $"'{text}' needs the size of its network: {text}/{(address.GetAddressBytes().Length == 4 ? 24 : 64)}, or whatever it is.");
            }
            else
            {
                networks.Add((address, NetworkOf(address, int.Parse(text.AsSpan(slash + 1), CultureInfo.InvariantCulture))));
            }
        }

        foreach (var fault in request.Gateways.Select(g => FaultOfGateway(g.Trim(), networks)).OfType<string>())
        {
            yield return new FieldFault(nameof(CreateRequest.Gateways), fault);
        }

        if (request.Gateways.Select(g => AddressRule.TryParseAddress(g.Trim(), out var a) ? a.AddressFamily : default).Where(f => f != default).GroupBy(f => f).Any(f => f.Count() > 1))
        {
            yield return new FieldFault(nameof(CreateRequest.Gateways), "There is one router for IPv4 and one for IPv6 at most.");
        }
    }

    private static string? FaultOfGateway(string text, List<(IPAddress Address, IPNetwork Network)> networks)
    {
        if (!AddressRule.TryParseAddress(text, out var gateway))
        {
            return $"'{text}' is not an IPv4 or IPv6 address.";
        }

        if (networks.Exists(n => n.Address.Equals(gateway)))
        {
            return $"{gateway} is the vserver's own address. Write the router's.";
        }

        var own = networks.Where(n => n.Address.AddressFamily == gateway.AddressFamily).ToList();
        return own.Count == 0 ? $"{gateway} needs an address of its kind in the same network."

            // a single address has its router wherever the provider says
            : gateway.IsIPv6LinkLocal || own.Exists(n => n.Network.Contains(gateway) || n.Network.PrefixLength == 8 * gateway.GetAddressBytes().Length) ? null
            : $"{gateway} is in none of the networks of the addresses ({string.Join(", ", own.Select(n => n.Network))}).";
    }

    private static IPNetwork NetworkOf(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - (8 * i), 0, 8));
        }

        return new IPNetwork(new IPAddress(bytes), bits);
    }
}
