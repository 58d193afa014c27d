using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.HostPeers;

[Collection(RealHost.Name)]
public sealed class VServerHostsTests
{
    [Fact]
    public async Task Hosts_PairedBySshd_ReachNothingButTheReceivingEnd()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        await using var hosts = await HostPair.UpAsync();
        var (a, b) = (hosts.A, hosts.B);

        Assert.Equal(ProblemCode.NotFound, (await ProblemAsync(a, "check", "hostb")).Code);
        var ownKeys = await ResultAsync<HostKeys>(a, "key");
        var theirs = await ResultAsync<HostKeys>(b, "key");
        Assert.Equal(ownKeys, await ResultAsync<HostKeys>(a, "key") with { SshHostKeys = ownKeys.SshHostKeys });
        Assert.Equal("600 root", (await a.ExecAsync("stat", "-c", "%a %U", "/etc/vservers/ssh/id_ed25519")).TrimEnd());
        Assert.NotEqual(0, (await a.TryAsync("runuser", "-u", "vserverpanel", "--", "cat", "/etc/vservers/ssh/id_ed25519")).ExitCode);

        // the wrong host key first: that of A itself
        await ResultAsync<PeerInfo>(a, "add", "hostb", "--address", b.Address, "--host-key", ownKeys.SshHostKeys[0]);
        var wrong = await ProblemAsync(a, "check", "hostb");
        Assert.True(wrong.Code == ProblemCode.NotPermitted && wrong.Message.Contains("another host key", StringComparison.Ordinal), wrong.Message);
        Assert.Equal(ProblemCode.AlreadyExists, (await ProblemAsync(a, "add", "hostb", "--address", b.Address, "--host-key", theirs.SshHostKeys[0])).Code);
        await a.ExecAsync("vserver-hosts", "remove", "hostb");
        await ResultAsync<PeerInfo>(a, "add", "hostb", "--address", b.Address, "--host-key", theirs.SshHostKeys[0]);
        Assert.Equal(ProblemCode.NotPermitted, (await ProblemAsync(a, "check", "hostb")).Code);

        // as the panel would do it
        await b.ExecAsync("runuser", "-u", "vserverpanel", "--", "sudo", "-n", "/usr/sbin/vserver", "--as", "vserver-hosts", "allow", "hosta", ownKeys.PublicKey);
        Assert.Equal("hostb", (await ResultAsync<PeerReport>(a, "check", "hostb")).Hostname);
        Assert.Contains($$"""{"name":"hosta","key":"{{ownKeys.Fingerprint}}"}""", (await b.ExecAsync("vserver-hosts", "--json", "list")).Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("allowed-peer", await a.ExecAsync("vserver-hosts", "--json", "list"), StringComparison.Ordinal);

        // the key opens nothing else
        string[] ssh = ["ssh", "-i", "/etc/vservers/ssh/id_ed25519", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes", "-l", "root", b.Address];
        foreach (var words in (string[][])[["id"], ["check; id"], ["rsync", "--server", ".", "/"], []])
        {
            var ended = await a.TryAsync([.. ssh, .. words]);
            Assert.True(ended.ExitCode != 0 && ended.Output.Contains("not-permitted", StringComparison.Ordinal) && !ended.Output.Contains("uid=", StringComparison.Ordinal), ended.Output + ended.Error);
        }

        Assert.NotEqual(0, (await a.TryAsync([.. ssh[..^1], "-N", "-o", "ExitOnForwardFailure=yes", "-L", "9999:127.0.0.1:22", "-W", "127.0.0.1:22", b.Address])).ExitCode);

        await hosts.CutLinkAsync();
        Assert.Equal(ProblemCode.Unreachable, (await ProblemAsync(a, "check", "hostb")).Code);
        await hosts.MendLinkAsync();

        // a connection that stands: it ends, and one that was not seen is asked for nothing
        await a.ExecAsync("sh", "-c", $"{{ sleep 300 | ({string.Join(' ', ssh)} hold; echo ended > /root/held); }} > /root/holding 2>&1 & for i in $(seq 100); do grep -q Held /root/holding && exit 0; sleep 0.1; done; cat /root/holding; exit 1");
        await a.ExecAsync("sh", "-c", $"{string.Join(' ', ssh[..^1])} -M -S /root/master -fN {b.Address}");
        string[] standing = ["ssh", "-S", "/root/master", "-l", "root", b.Address, "check"];
        Assert.Contains("hostb", await a.ExecAsync(standing), StringComparison.Ordinal);
        Assert.Equal(1, (await a.TryAsync("test", "-e", "/root/held")).ExitCode);
        Assert.Contains("been ended.", await b.ExecAsync("vserver-hosts", "deny", "hosta"), StringComparison.Ordinal);
        await a.ExecAsync("sh", "-c", "for i in $(seq 100); do [ -e /root/held ] && exit 0; sleep 0.1; done; exit 1");
        var refused = await a.TryAsync(standing);
        Assert.True(refused.ExitCode != 0 && refused.Output.Contains("takes no vservers from hosta", StringComparison.Ordinal), refused.Output + refused.Error);
        Assert.NotEqual(0, (await b.TryAsync("vserver-hosts", "deny", "hosta")).ExitCode);
        Assert.Equal(ProblemCode.NotPermitted, (await ProblemAsync(a, "check", "hostb")).Code);
        await b.ExecAsync("vserver-hosts", "allow", "hosta", ownKeys.PublicKey);
        Assert.Contains("hostb", await a.ExecAsync(standing), StringComparison.Ordinal);
        Assert.Equal("hostb", (await ResultAsync<PeerReport>(a, "check", "hostb")).Hostname);
        await b.ExecAsync("vserver-hosts", "deny", "hosta");
        Assert.Equal(ProblemCode.NotPermitted, (await ProblemAsync(a, "check", "hostb")).Code);
    }

    private static async Task<T> ResultAsync<T>(TestHost host, params string[] words) =>
        WireProtocol.FromElement<T>(WireProtocol.Read((await host.ExecAsync(["vserver-hosts", "--json", .. words])).TrimEnd().Split('\n')[^1]) is ResultEvent { Data: { } data } ? data : throw new InvalidOperationException("no result"));

    private static async Task<ProblemEvent> ProblemAsync(TestHost host, params string[] words)
    {
        var ended = await host.TryAsync(["vserver-hosts", "--json", .. words]);
        return WireProtocol.Read(ended.Output.TrimEnd().Split('\n')[^1]) as ProblemEvent ?? throw new InvalidOperationException($"no problem: {ended.Output}{ended.Error}");
    }
}
