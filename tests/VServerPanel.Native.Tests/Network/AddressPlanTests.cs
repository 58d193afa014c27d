using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Network;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Network;

public sealed class AddressPlanTests
{
    private static readonly HostAddress[] s_host =
    [
        new(2, IPAddress.Parse("192.0.2.10"), 25, IPAddress.Parse("192.0.2.127")),
        new(2, IPAddress.Parse("fe80::1"), 64, null),
        new(2, IPAddress.Parse("2001:db8::10"), 56, null),
    ];

    [Theory]
    [InlineData("IPROOT=192.0.2.20\nIPROOTDEV=eth0\n", "eth0 192.0.2.20/25 192.0.2.127 eth0:v1")]
    [InlineData("IPROOT=192.0.2.20/29\nIPROOTDEV=eth0\nIPROOTMASK=255.255.255.0\n", "eth0 192.0.2.20/29 192.0.2.127 eth0:v1")]
    [InlineData("IPROOT=192.0.2.20\nIPROOTDEV=eth0\nIPROOTMASK=255.255.255.0\nIPROOTBCAST=192.0.2.255\n", "eth0 192.0.2.20/24 192.0.2.255 eth0:v1")]
    [InlineData("IPROOT=\"192.0.2.20/29 192.0.2.30\"\nIPROOTDEV=eth0\n", "eth0 192.0.2.20/29 192.0.2.127 eth0:v1|eth0 192.0.2.30/25 192.0.2.127 eth0:v1")]
    [InlineData("IPROOT=2001:db8::20\nIPROOTDEV=eth0\n", "eth0 2001:db8::20/56  eth0:v1")]
    [InlineData("IPROOT=eth1:198.51.100.1\n", "eth1 198.51.100.1/32 255.255.255.255 eth1:v1")]
    [InlineData("IPROOT=198.51.100.1\nIPROOTDEV=eth0:7\n", "eth0 198.51.100.1/25 192.0.2.127 eth0:7")]
    [InlineData("IPROOT=192.0.2.10\n", "")]
    [InlineData("IPROOT=ALL\nIPROOTDEV=eth0\n", "")]
    public void Make_Conf_TakesMaskAndBroadcastFromWhereTheyAreSet(string conf, string expected)
    {
        var parsed = VServerConf.From(ConfFile.Parse(conf)).Conf;
        var planned = AddressPlan.Make(parsed, VServerName.Parse("v1"), s_host, d => d == "eth0" ? 2u : d == "eth1" ? 3u : 0u, _ => { });
        Assert.Equal(expected, string.Join('|', planned.Select(p => $"{p.Assigned.Device} {p.Assigned.Address}/{p.Assigned.PrefixLength} {p.Broadcast} {p.Label}")));
    }

    [Fact]
    public void Make_AddressNobodyHasAndNoDevice_Warns()
    {
        var warnings = new List<string>();
        AddressPlan.Make(VServerConf.From(ConfFile.Parse("IPROOT=198.51.100.1\n")).Conf, VServerName.Parse("v1"), s_host, _ => 0, warnings.Add);
        Assert.Contains("198.51.100.1", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Packets_HaveTheirFields()
    {
        byte[] mac = [2, 0, 0, 0, 0, 7];
        Assert.Equal("000108000604000102000000000" + "7C633640100000000" + "0000C6336401", Convert.ToHexString(AddressAnnouncement.ArpPacket(mac, IPAddress.Parse("198.51.100.1"))));
        var advertisement = AddressAnnouncement.AdvertisementPacket(mac, IPAddress.Parse("2001:db8::1"));
        Assert.Equal(32, advertisement.Length);
        Assert.Equal(136, advertisement[0]);
        Assert.Equal(mac, advertisement[^6..]);
    }

    [Fact]
    public void HostAddress_AnyBytes_NeverThrows()
    {
        var random = new Random(7);
        var bytes = new byte[200];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = i % 2 == 0 ? (byte)2 : (byte)10;
            HostAddress.Parse(bytes.AsSpan(0, random.Next(bytes.Length)));
        }
    }
}
