using System.Net;
using VServerPanel.Security;

namespace VServerPanel.Tests.Security;

public sealed class ClientNetworkTests
{
    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7")]
    [InlineData("::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    public void Of_Address_IsTheNetworkOfOneCustomer(string address, string expected) => Assert.Equal(expected, ClientNetwork.Of(IPAddress.Parse(address)));

    [Fact]
    public void Of_NoAddress_IsOneOfAll() => Assert.Equal("", ClientNetwork.Of(null));
}
