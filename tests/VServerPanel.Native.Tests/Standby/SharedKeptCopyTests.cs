using System.Globalization;
using VServerPanel.Native.Tests.Moving;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Standby;

/// <summary>A copy that is kept where files can share blocks: the next copy has no room but for what has changed.</summary>
[Collection(RealHost.Name)]
public sealed class SharedKeptCopyTests : TwoHostsTest
{
    private const long Large = 160 << 20;

    protected override (long Bytes, string FileSystem)? RoomOnB => (320 << 20, "xfs");

    [Fact]
    public async Task Copy_LargerThanHalfOfTheDisk_ArrivesAgainAndAgain()
    {
        await Hosts.A.ExecAsync("sh", "-ec", $"head -c {Large.ToString(CultureInfo.InvariantCulture)} /dev/urandom > /vservers/web/large");
        Result(await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy", "--to", "hostb"));
        Assert.InRange(await FreeAsync(), 0, Large - 1);

        await Hosts.A.ExecAsync("sh", "-ec", "cd /vservers/web; echo changed > a; chmod 600 large");
        Result(await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy"));
        Assert.Equal(await SumAsync(Hosts.A), await SumAsync(Hosts.B));
        Assert.Equal("600", (await Hosts.B.ExecAsync("stat", "-c", "%a", "/vservers/web/large")).Trim());
    }

    private async Task<long> FreeAsync() => long.Parse((await Hosts.B.ExecAsync("df", "-B1", "--output=avail", "/vservers")).Split('\n')[1], CultureInfo.InvariantCulture);

    private static Task<string> SumAsync(TestHost host) => host.ExecAsync("sh", "-ec", "cd /vservers/web; sha256sum a large");
}
