using System.Net;
using System.Net.Sockets;

namespace VServerPanel.Security;

/// <summary>Whose attempts are counted together: an IPv4 address, or an IPv6 /64, of which one customer has 2^64 addresses to try from (RFC 6177).</summary>
internal static class ClientNetwork
{
    private const int NetworkBytes = 8;

    internal static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes) + "/64";
    }
}
