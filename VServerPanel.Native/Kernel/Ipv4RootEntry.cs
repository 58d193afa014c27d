using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Kernel;

/// <summary>What the kernel is told about a vserver: <c>struct ipv4root_entry</c> of kernel-patches/ipv4root.h. Addresses in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Ipv4RootEntry
{
    public const int MaximumAddresses = 16;

    public uint Flags;
    public uint UserNamespace;
    public uint Count4;
    public uint Count6;
    public uint Loopback4;
    public uint Broadcast4;
    public Words16 Address4;
    public Words16 Mask4;
    public Words64 Address6;
    public Words64 Mask6;

    public const uint Untied = 1;
    public const uint Raw = 2;
    public const uint UdpWildcard = 4;

    [InlineArray(MaximumAddresses)]
    internal struct Words16
    {
        private uint _first;
    }

    [InlineArray(MaximumAddresses * 4)]
    internal struct Words64
    {
        private uint _first;
    }

    /// <summary>Whether the vserver is tied to addresses.</summary>
    public readonly bool IsTied => (Flags & Untied) == 0;

    /// <param name="conf">IPROOT, IPROOTMASK, IPROOTBCAST and S_CAPS.</param>
    /// <param name="loopback">Its private loopback.</param>
    /// <param name="userNamespace">Inode of the guest's user namespace; 0: nobody in it binds low ports.</param>
    /// <exception cref="FormatException">More than 16 addresses of a family.</exception>
    public static Ipv4RootEntry From(VServerConf conf, IPAddress loopback, uint userNamespace)
    {
        var entry = new Ipv4RootEntry { UserNamespace = userNamespace };
        if (conf.Addresses.Count == 0)
        {
            entry.Flags = Untied;
            return entry;
        }

        entry.Flags = (conf.GivenCapabilities.Contains("CAP_NET_RAW") ? Raw : 0) | (conf.Broadcast is not null ? UdpWildcard : 0);
        entry.Loopback4 = Word(loopback);
        foreach (var address in conf.Addresses)
        {
            entry.Add(address, conf.PrefixLength);
        }

        // without IPROOTBCAST it is the one of the first address's network, where that is known
        entry.Broadcast4 = conf.Broadcast is { } broadcast ? Word(broadcast)
            : entry.Count4 > 0 && entry.Mask4[0] != 0 && entry.Mask4[0] != uint.MaxValue ? entry.Address4[0] | ~entry.Mask4[0]
            : 0;
        return entry;
    }

    /// <summary>Its addresses as <c>struct ipv4root_listener</c> has them: four words, IPv4 as ::ffff:a.b.c.d.</summary>
    public readonly IEnumerable<Ipv4RootListener> Listeners()
    {
        for (var i = 0; i < Count4; i++)
        {
            yield return new Ipv4RootListener { Address2 = Ipv4RootListener.MappedPrefix, Address3 = Address4[i] };
        }

        for (var i = 0; i < Count6; i++)
        {
            yield return new Ipv4RootListener { Address0 = Address6[4 * i], Address1 = Address6[(4 * i) + 1], Address2 = Address6[(4 * i) + 2], Address3 = Address6[(4 * i) + 3] };
        }
    }

    private void Add(ConfAddress address, int? defaultPrefix)
    {
        var isIPv6 = address.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var index = (int)(isIPv6 ? Count6++ : Count4++);
        if (index >= MaximumAddresses)
        {
            throw new FormatException($"A vserver in shared network mode has at most {MaximumAddresses} addresses of each family. Take some out of IPROOT.");
        }

        var bytes = address.Address.GetAddressBytes();
        if (isIPv6)
        {
            for (var word = 0; word < 4; word++)
            {
                Address6[(4 * index) + word] = MemoryMarshal.Read<uint>(bytes.AsSpan(4 * word));
                Mask6[(4 * index) + word] = MaskWord((address.PrefixLength ?? 0) - (32 * word));
            }
        }
        else
        {
            Address4[index] = MemoryMarshal.Read<uint>(bytes);
            Mask4[index] = MaskWord(address.PrefixLength ?? defaultPrefix ?? 0);
        }
    }

    private static uint Word(IPAddress address) => MemoryMarshal.Read<uint>(address.GetAddressBytes());

    private static uint MaskWord(int bits) => bits switch
    {
        <= 0 => 0,
        >= 32 => uint.MaxValue,
        _ => (uint)IPAddress.HostToNetworkOrder((int)(uint.MaxValue << (32 - bits))),
    };
}

/// <summary>A listening socket's further address: <c>struct ipv4root_listener</c> of kernel-patches/ipv4root.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct Ipv4RootListener
{
    public uint Address0;
    public uint Address1;
    public uint Address2;
    public uint Address3;

    /// <summary>In host order; 0 where only the address is meant.</summary>
    public uint Port;

    /// <summary>Third word of ::ffff:a.b.c.d.</summary>
    public static uint MappedPrefix { get; } = (uint)IPAddress.HostToNetworkOrder(0xffff);
}
