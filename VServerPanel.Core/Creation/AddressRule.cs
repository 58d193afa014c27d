using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VServerPanel.Core.Creation;

/// <summary>What may be given as a vserver's address: <c>address[/prefix length]</c>.</summary>
internal static class AddressRule
{
    /// <summary>Reads one; the fault is a sentence.</summary>
    public static bool TryParse(string text, out IPAddress address, out string? fault)
    {
        address = IPAddress.None;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (!TryParseAddress(host, out address))
        {
            fault = $"'{text}' is not an IPv4 or IPv6 address.";
            return false;
        }

        var bits = address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length < 1 || length > bits))
        {
            fault = $"'{text}': the prefix length is a number from 1 to {bits}.";
            return false;
        }

        fault = Unusable(address) is { } why ? $"{host} is {why} and cannot be a vserver's own." : null;
        return fault is null;
    }

    /// <summary>Reads an address as tools write it; one spelling only for IPv4, where <see cref="IPAddress.Parse(string)"/> also takes 10.1 and 0x0a000001.</summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!IPAddress.TryParse(text, out var parsed) || text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal))
        {
            return false;
        }

        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return parsed.AddressFamily is AddressFamily.InterNetworkV6 || parsed.ToString() == text;
    }

    private static string? Unusable(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return "the address that stands for all addresses";
        }

        if (IPAddress.IsLoopback(address))
        {
            return "a loopback address";
        }

        if (address.Equals(IPAddress.Broadcast))
        {
            return "the broadcast address";
        }

        if (address.IsIPv6LinkLocal)
        {
            return "a link-local address";
        }

        return address.IsIPv6Multicast || (address.AddressFamily is AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240) ? "a multicast address" : null;
    }
}
