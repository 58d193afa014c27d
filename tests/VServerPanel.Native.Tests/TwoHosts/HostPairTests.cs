using VServerPanel.Native.Tests.Peers;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.TwoHosts;

[Collection(RealHost.Name)]
public sealed class HostPairTests
{
    [Fact]
    public async Task Hosts_UpCutKilledRestarted_AreEachTheirOwnAndLeaveNothing()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        string directory;
        await using (var hosts = await HostPair.UpAsync(roomOnB: 64 << 20))
        {
            directory = hosts.Directory;
            Assert.Equal("hosta\n", await hosts.A.ExecAsync("hostname"));
            await hosts.A.ExecAsync("mkdir", "/vservers/only-here");
            Assert.NotEqual(0, (await hosts.B.TryAsync("test", "-e", "/vservers/only-here")).ExitCode);
            Assert.Contains("vserverpanel", await hosts.B.ExecAsync("getent", "passwd", "vserverpanel"), StringComparison.Ordinal);
            await ReachesAsync(hosts.A, hosts.B, true);

            await hosts.CutLinkAsync();
            await ReachesAsync(hosts.A, hosts.B, false);
            await hosts.MendLinkAsync();
            await ReachesAsync(hosts.A, hosts.B, true);

            await hosts.B.KillAsync();
            await ReachesAsync(hosts.A, hosts.B, false);
            await hosts.B.RestartAsync();
            await ReachesAsync(hosts.A, hosts.B, true);
            await hosts.B.ExecAsync("vserver-stat");
        }

        Assert.False(Directory.Exists(directory));
    }

    private static async Task ReachesAsync(TestHost from, TestHost to, bool expected)
    {
        var ended = await from.TryAsync("ssh-keyscan", "-T", "2", "-t", "ed25519", to.Address);
        Assert.True(ended.Output.Contains("ssh-ed25519", StringComparison.Ordinal) == expected, $"{from.Name} to {to.Name}: expected {expected}\n{ended.Output}{ended.Error}");
    }
}
