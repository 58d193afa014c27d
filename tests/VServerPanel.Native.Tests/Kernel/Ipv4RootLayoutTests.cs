using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Kernel;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>The C compiler's word on the structs that user space shares with the BPF programs.</summary>
public sealed class Ipv4RootLayoutTests
{
    [Fact]
    public void Entry_AgainstTheHeader_IsTheSame()
    {
        var entry = default(Ipv4RootEntry);
        var listener = default(Ipv4RootListener);
        string[] ours =
        [
            Line("sizeof entry", Unsafe.SizeOf<Ipv4RootEntry>()),
            Line("sizeof listener", Unsafe.SizeOf<Ipv4RootListener>()),
            Line("flags", Offset(ref entry, ref entry.Flags)),
            Line("userns", Offset(ref entry, ref entry.UserNamespace)),
            Line("count4", Offset(ref entry, ref entry.Count4)),
            Line("count6", Offset(ref entry, ref entry.Count6)),
            Line("loopback4", Offset(ref entry, ref entry.Loopback4)),
            Line("broadcast4", Offset(ref entry, ref entry.Broadcast4)),
            Line("address4", Offset(ref entry, ref entry.Address4)),
            Line("mask4", Offset(ref entry, ref entry.Mask4)),
            Line("address6", Offset(ref entry, ref entry.Address6)),
            Line("mask6", Offset(ref entry, ref entry.Mask6)),
            Line("address", Offset(ref listener, ref listener.Address0)),
            Line("port", Offset(ref listener, ref listener.Port)),
            Line("constants", (int)Ipv4RootEntry.Untied, (int)Ipv4RootEntry.Raw, (int)Ipv4RootEntry.UdpWildcard, Ipv4RootEntry.MaximumAddresses),
        ];
        var theirs = ProbeProgram.RunC("""
            #include <stdio.h>
            #include <stddef.h>
            #include "ipv4root.h"
            #define entry(field) printf(#field " %zu\n", offsetof(struct ipv4root_entry, field))
            #define listener(field) printf(#field " %zu\n", offsetof(struct ipv4root_listener, field))
            int main(void)
            {
                printf("sizeof entry %zu\nsizeof listener %zu\n", sizeof(struct ipv4root_entry), sizeof(struct ipv4root_listener));
                entry(flags); entry(userns); entry(count4); entry(count6); entry(loopback4); entry(broadcast4);
                entry(address4); entry(mask4); entry(address6); entry(mask6);
                listener(address); listener(port);
                printf("constants %d %d %d %d\n", IPV4ROOT_UNTIED, IPV4ROOT_RAW, IPV4ROOT_UDP_WILDCARD, IPV4ROOT_MAX);
                return 0;
            }
            """);
        Assert.Equal(string.Join('\n', ours) + "\n", theirs);
    }

    [Fact]
    public void From_AddressesOfBothFamilies_HasThemInNetworkOrder()
    {
        var conf = TiedHost.Conf("IPROOT=\"10.77.0.2/24 10.78.0.3 fd77::2/64\"\nIPROOTMASK=255.255.0.0\n");
        var entry = Ipv4RootEntry.From(conf, System.Net.IPAddress.Parse("127.64.0.2"), 7);
        Assert.Equal((0u, 7u, 2u, 1u), (entry.Flags, entry.UserNamespace, entry.Count4, entry.Count6));
        Assert.Equal("0A4D00020A4E0003", Hex(entry.Address4, 2));
        Assert.Equal("FFFFFF00FFFF0000", Hex(entry.Mask4, 2));
        Assert.Equal("FD770000000000000000000000000002", Hex(entry.Address6, 4));
        Assert.Equal("FFFFFFFFFFFFFFFF0000000000000000", Hex(entry.Mask6, 4));
        Assert.Equal("7F400002", Convert.ToHexString(BitConverter.GetBytes(entry.Loopback4)));
        Assert.Equal("0A4D00FF", Convert.ToHexString(BitConverter.GetBytes(entry.Broadcast4)));
    }

    [Theory]
    [InlineData("", Ipv4RootEntry.Untied)]
    [InlineData("IPROOT=ALL\n", Ipv4RootEntry.Untied)]
    [InlineData("IPROOT=0.0.0.0\n", Ipv4RootEntry.Untied)]
    [InlineData("IPROOT=10.0.0.2\n", 0u)]
    [InlineData("IPROOT=10.0.0.2\nIPROOTBCAST=255.255.255.255\n", Ipv4RootEntry.UdpWildcard)]
    [InlineData("IPROOT=10.0.0.2\nS_CAPS=CAP_NET_RAW\n", Ipv4RootEntry.Raw)]
    public void From_Conf_HasItsFlags(string conf, uint flags) => Assert.Equal(flags, Ipv4RootEntry.From(TiedHost.Conf(conf), System.Net.IPAddress.Loopback, 0).Flags);

    [Fact]
    public void From_TooManyAddresses_IsRefused()
    {
        var conf = new VServerConf { Addresses = [.. Enumerable.Range(1, 17).Select(n => new ConfAddress(null, System.Net.IPAddress.Parse($"10.0.0.{n}"), null))] };
        Assert.Throws<FormatException>(() => Ipv4RootEntry.From(conf, System.Net.IPAddress.Loopback, 0));
    }

    private static string Hex<T>(T words, int count)
        where T : struct => Convert.ToHexString(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref words, 1))[..(4 * count)]);

    private static int Offset<TStruct, TField>(ref TStruct whole, ref TField field)
        where TStruct : struct
        where TField : struct => (int)Unsafe.ByteOffset(ref Unsafe.As<TStruct, byte>(ref whole), ref Unsafe.As<TField, byte>(ref field));

    private static string Line(string name, params int[] numbers) => $"{name} {string.Join(' ', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)))}";
}
