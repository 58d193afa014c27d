using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/socket.h, net/if.h, linux/veth.h, linux/netlink.h, linux/rtnetlink.h, linux/if_packet.h.</summary>
internal static partial class Libc
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const byte PF_BRIDGE = 7;
    internal const int AF_NETLINK = 16;
    internal const int AF_PACKET = 17;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int NETLINK_ROUTE = 0;
    internal const ushort ETH_P_ARP = 0x0806;
    internal const ushort NLMSG_ERROR = 2;
    internal const ushort NLMSG_DONE = 3;
    internal const ushort NLM_F_REQUEST = 0x1;
    internal const ushort NLM_F_ACK = 0x4;
    internal const ushort NLM_F_DUMP = 0x300;
    internal const ushort NLM_F_REPLACE = 0x100;
    internal const ushort NLM_F_EXCL = 0x200;
    internal const ushort NLM_F_CREATE = 0x400;
    internal const ushort RTM_NEWADDR = 20;
    internal const ushort RTM_DELADDR = 21;
    internal const ushort RTM_GETADDR = 22;
    internal const ushort RTM_NEWLINK = 16;
    internal const ushort RTM_DELLINK = 17;
    internal const ushort RTM_GETLINK = 18;
    internal const ushort RTM_NEWROUTE = 24;
    internal const ushort RTM_NEWNEIGH = 28;
    internal const ushort IFLA_ADDRESS = 1;
    internal const ushort IFLA_IFNAME = 3;
    internal const ushort IFLA_MTU = 4;
    internal const ushort IFLA_LINK = 5;
    internal const ushort IFLA_MASTER = 10;
    internal const ushort IFLA_LINKINFO = 18;
    internal const ushort IFLA_NET_NS_FD = 28;
    internal const ushort IFLA_INFO_KIND = 1;
    internal const ushort IFLA_INFO_DATA = 2;
    internal const ushort IFLA_INFO_SLAVE_KIND = 4;
    internal const ushort IFLA_INFO_SLAVE_DATA = 5;
    internal const ushort IFLA_BRPORT_GUARD = 5;
    internal const ushort IFLA_BRPORT_LEARNING = 8;
    internal const ushort NDA_LLADDR = 2;
    internal const ushort NUD_NOARP = 0x40;
    internal const byte NTF_MASTER = 0x04;
    internal const byte NTF_STICKY = 0x40;
    internal const ushort VETH_INFO_PEER = 1;
    internal const ushort IFLA_MACVLAN_MODE = 1;
    internal const uint MACVLAN_MODE_BRIDGE = 4;
    internal const ushort NLA_F_NESTED = 0x8000;
    internal const ushort RTA_OIF = 4;
    internal const ushort RTA_GATEWAY = 5;
    internal const byte RT_TABLE_MAIN = 254;
    internal const byte RTPROT_STATIC = 4;
    internal const byte RTN_UNICAST = 1;
    internal const uint RTNH_F_ONLINK = 4;
    internal const uint IFF_UP = 1;
    internal const ushort IFA_ADDRESS = 1;
    internal const ushort IFA_LOCAL = 2;
    internal const ushort IFA_LABEL = 3;
    internal const ushort IFA_BROADCAST = 4;
    internal const byte IFA_F_NODAD = 0x02;

    /// <summary>struct sockaddr_ll (packet(7)).</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4, Size = 20)]
    internal struct LinkAddress
    {
        public ushort Family;
        public ushort ProtocolBigEndian;
        public int Device;
        public ushort HardwareType;
        public byte PacketType;
        public byte Length;
        public ulong Address;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int socket_raw(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint send_raw(SafeFileHandle socket, byte* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint recv_raw(SafeFileHandle socket, byte* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static unsafe partial nint sendto_raw(SafeFileHandle socket, byte* data, nuint length, int flags, ref LinkAddress to, uint size);

    /// <summary>if_nametoindex(3); 0 where there is no such device.</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true)]
    internal static partial uint if_nametoindex([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    /// <summary>socket(2), CLOEXEC.</summary>
    internal static SafeFileHandle Socket(int family, int type, int protocol)
    {
        var fd = socket_raw(family, type | SOCK_CLOEXEC, protocol);
        ErrnoException.ThrowIfFailed(fd, "socket");
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    internal static unsafe void Send(SafeFileHandle socket, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            ErrnoException.ThrowIfFailed(send_raw(socket, start, (nuint)data.Length, 0), "send");
        }
    }

    internal static unsafe int Receive(SafeFileHandle socket, Span<byte> into)
    {
        while (true)
        {
            nint read;
            fixed (byte* start = into)
            {
                read = recv_raw(socket, start, (nuint)into.Length, 0);
            }

            if (read >= 0)
            {
                return (int)read;
            }

            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                throw ErrnoException.Last("recv");
            }
        }
    }

    internal static unsafe void SendTo(SafeFileHandle socket, ReadOnlySpan<byte> data, LinkAddress to)
    {
        fixed (byte* start = data)
        {
            ErrnoException.ThrowIfFailed(sendto_raw(socket, start, (nuint)data.Length, 0, ref to, 20), "sendto");
        }
    }
}
