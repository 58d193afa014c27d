using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Network;

/// <summary>Devices, addresses and routes by rtnetlink(7), of the network namespace in which it was opened.</summary>
internal sealed partial class RouteSocket : IDisposable
{
    private const int LongestLabel = 15;
    private readonly SafeFileHandle _socket = Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW, Libc.NETLINK_ROUTE);

    private delegate T? BodyParser<T>(ReadOnlySpan<byte> body);

    /// <summary>All addresses of all devices.</summary>
    public List<HostAddress> List()
    {
        var request = new NetlinkMessage(stackalloc byte[64], Libc.RTM_GETADDR, Libc.NLM_F_REQUEST | Libc.NLM_F_DUMP);
        request.AddressHeader(0, 0, 0, 0);
        return Dump(request.Finish(), Libc.RTM_NEWADDR, HostAddress.Parse, "RTM_GETADDR");
    }

    /// <summary>Puts an address on a device.</summary>
    /// <exception cref="ErrnoException">EEXIST: it is there already.</exception>
    public void Add(uint device, IPAddress address, int prefixLength, IPAddress? broadcast, string? label)
    {
        var message = Begin(stackalloc byte[256], Libc.RTM_NEWADDR, Libc.NLM_F_CREATE | Libc.NLM_F_EXCL, device, address, prefixLength);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            if (broadcast is not null && prefixLength < 31)
            {
                message.Attribute(Libc.IFA_BROADCAST, broadcast.GetAddressBytes());
            }

            if (label is not null && Encoding.UTF8.GetByteCount(label) <= LongestLabel)
            {
                message.Attribute(Libc.IFA_LABEL, [.. Encoding.UTF8.GetBytes(label), 0]);
            }
        }

        Transact(message.Finish(), "RTM_NEWADDR", address.ToString());
    }

    /// <summary>Takes an address off a device; false where it is not there.</summary>
    public bool Remove(uint device, IPAddress address, int prefixLength)
    {
        var message = Begin(stackalloc byte[256], Libc.RTM_DELADDR, 0, device, address, prefixLength);
        try
        {
            Transact(message.Finish(), "RTM_DELADDR", address.ToString());
            return true;
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.EADDRNOTAVAIL)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static NetlinkMessage Begin(Span<byte> room, ushort type, ushort flags, uint device, IPAddress address, int prefixLength)
    {
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        var message = new NetlinkMessage(room, type, (ushort)(Libc.NLM_F_REQUEST | Libc.NLM_F_ACK | flags));

        // whether the address is free has been asked for; a second of duplicate detection would only keep the services from binding to it
        message.AddressHeader(isV4 ? (byte)Libc.AF_INET : (byte)Libc.AF_INET6, (byte)prefixLength, isV4 ? (byte)0 : Libc.IFA_F_NODAD, device);
        var bytes = address.GetAddressBytes();
        message.Attribute(Libc.IFA_LOCAL, bytes);
        message.Attribute(Libc.IFA_ADDRESS, bytes);
        return message;
    }

    private List<T> Dump<T>(ReadOnlySpan<byte> request, ushort answer, BodyParser<T> parse, string call)
        where T : class
    {
        Libc.Send(_socket, request);
        var found = new List<T>();
        var buffer = new byte[1 << 16];
        while (true)
        {
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, Libc.Receive(_socket, buffer)); rest.Length >= 16;)
            {
                var length = NetlinkMessage.ReadInt32(rest);
                var type = NetlinkMessage.ReadUInt16(rest[4..]);
                if (type == Libc.NLMSG_DONE)
                {
                    return found;
                }

                if (type == Libc.NLMSG_ERROR)
                {
                    throw new ErrnoException(-NetlinkMessage.ReadInt32(rest[16..]), call);
                }

                if (type == answer && parse(rest[16..length]) is { } item)
                {
                    found.Add(item);
                }

                rest = rest[Math.Min(NetlinkMessage.Align(length), rest.Length)..];
            }
        }
    }

    private void Transact(ReadOnlySpan<byte> message, string call, string what)
    {
        Libc.Send(_socket, message);
        Span<byte> answer = stackalloc byte[1024];
        var length = Libc.Receive(_socket, answer);

        // struct nlmsgerr { int error; struct nlmsghdr msg; }: 0 is the acknowledgement
        if (length >= 20 && NetlinkMessage.ReadUInt16(answer[4..]) == Libc.NLMSG_ERROR && NetlinkMessage.ReadInt32(answer[16..]) is < 0 and var error)
        {
            throw new ErrnoException(-error, call, what);
        }
    }
}
