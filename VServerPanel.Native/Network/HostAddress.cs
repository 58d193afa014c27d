using System.Net;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

/// <summary>An address that a device of this host has now.</summary>
/// <param name="DeviceIndex">The device's number.</param>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="PrefixLength">In bits.</param>
/// <param name="Broadcast">Null where it has none.</param>
internal sealed record HostAddress(uint DeviceIndex, IPAddress Address, int PrefixLength, IPAddress? Broadcast)
{
    /// <summary>Reads one RTM_NEWADDR message's body (rtnetlink(7)); null where it holds no IP address.</summary>
    public static HostAddress? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8 || body[0] is not (Libc.AF_INET or Libc.AF_INET6))
        {
            return null;
        }

        var size = body[0] == Libc.AF_INET ? 4 : 16;
        IPAddress? local = null, address = null, broadcast = null;
        foreach (var attribute in new NetlinkAttributes(body[8..]))
        {
            switch (attribute.Type)
            {
                case Libc.IFA_LOCAL when attribute.Value.Length == size:
                    local = new IPAddress(attribute.Value);
                    break;
                case Libc.IFA_ADDRESS when attribute.Value.Length == size:
                    address = new IPAddress(attribute.Value);
                    break;
                case Libc.IFA_BROADCAST when attribute.Value.Length == size:
                    broadcast = new IPAddress(attribute.Value);
                    break;
                default:
                    break;
            }
        }

        // on a point-to-point device IFA_ADDRESS is the other end; IPv6 has IFA_LOCAL only there
        return (local ?? address) is { } own ? new HostAddress((uint)NetlinkMessage.ReadInt32(body[4..]), own, body[1], broadcast) : null;
    }
}
