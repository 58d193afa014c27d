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
        var prefix = body[1];
        var index = (uint)NetlinkMessage.ReadInt32(body[4..]);
        IPAddress? local = null, address = null, broadcast = null;
        for (var rest = body[8..]; rest.Length >= 4;)
        {
            var length = NetlinkMessage.ReadUInt16(rest);
            if (length < 4 || length > rest.Length)
            {
                break;
            }

            var value = rest[4..length];
            switch (NetlinkMessage.ReadUInt16(rest[2..]))
            {
                case Libc.IFA_LOCAL when value.Length == size:
                    local = new IPAddress(value);
                    break;
                case Libc.IFA_ADDRESS when value.Length == size:
                    address = new IPAddress(value);
                    break;
                case Libc.IFA_BROADCAST when value.Length == size:
                    broadcast = new IPAddress(value);
                    break;
                default:
                    break;
            }

            rest = rest[Math.Min(NetlinkMessage.Align(length), rest.Length)..];
        }

        // on a point-to-point device IFA_ADDRESS is the other end; IPv6 has IFA_LOCAL only there
        return (local ?? address) is { } own ? new HostAddress(index, own, prefix, broadcast) : null;
    }
}
