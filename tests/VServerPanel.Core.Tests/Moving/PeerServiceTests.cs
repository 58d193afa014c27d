using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public class PeerServiceTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICe2RLaNQ1K7gqfPi0J1VEwXc38pWJtjD6HkpPIGojbY";
    private const string Fingerprint = "SHA256:x8o4W3Tp0DVjkrv3M8PUMHDcoPwj3ahNIT7onOwaJTU";

    [Theory]
    [InlineData(Key + " root@host\r\n", Key, Fingerprint)]
    [InlineData("  " + Key, Key, Fingerprint)]
    [InlineData("--plan " + Key, null, null)]
    [InlineData("ssh-ed25519", null, null)]
    [InlineData("ssh-ed25519 !!!", null, null)]
    [InlineData("", null, null)]
    public void Key_IsCleanedAndItsFingerprintIsThatOfSshKeygen(string text, string? clean, string? fingerprint) =>
        Assert.Equal((clean, fingerprint), (SshKey.Clean(text), SshKey.FingerprintOf(text)));

    [Fact]
    public async Task List_HasBothDirections()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-hosts list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Peer, new PeerInfo("hostb", "192.0.2.7", 22, Fingerprint)), FakeHost.Item(ItemKinds.AllowedPeer, new AllowedPeer("hostc", Fingerprint)), new ResultEvent());
        var list = await core.Get<PeerService>().ListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("hostb", "hostc"), (Assert.Single(list.Peers).Name, Assert.Single(list.Allowed).Name));
    }

    [Fact]
    public async Task FindKeys_NoneYet_IsNullAndMakesNone()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-hosts key", new HelloEvent(1, []), FakeHost.Result(new OperationPlan([new PlanStep("Make the key")], [], [])));
        Assert.Null(await core.Get<PeerService>().FindKeysAsync(TestContext.Current.CancellationToken));
        Assert.True(Assert.Single(core.Host.Requests).Plan);
    }

    [Fact]
    public async Task Changes_EachIsRecorded()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-hosts", new HelloEvent(1, []), FakeHost.Result(new PeerInfo("hostb", "192.0.2.7", 22, Fingerprint)));
        var peers = core.Get<PeerService>();
        await peers.AddAsync("hostb", " 192.0.2.7 ", 2222, Key + " comment", TestCore.Alice);
        await peers.RemoveAsync("hostb", TestCore.Alice);
        await peers.AllowAsync("hostc", Key, TestCore.Alice);
        await peers.DenyAsync("hostc", TestCore.Alice);

        Assert.Equal(
            [$"vserver-hosts add hostb --address=192.0.2.7 --port=2222 --host-key={Key}", "vserver-hosts remove hostb", $"vserver-hosts allow hostc {Key}", "vserver-hosts deny hostc"],
            core.Host.Commands);
        var history = (await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Equal(["host-add", "host-allow", "host-deny", "host-remove"], history.Where(e => e.Phase is AuditPhase.Asked).Select(e => e.Operation).Order(StringComparer.Ordinal));
        Assert.All(history, e => Assert.Equal("alice", e.User));
    }

    [Theory]
    [InlineData("--json", "192.0.2.7", 22, Key)]
    [InlineData("hostb", "  ", 22, Key)]
    [InlineData("hostb", "192.0.2.7", 0, Key)]
    [InlineData("hostb", "192.0.2.7", 22, "command=\"id\" " + Key)]
    public async Task Add_WithAFault_ReachesNeitherHostNorHistory(string name, string address, int port, string key)
    {
        await using var core = await TestCore.CreateAsync();
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<PeerService>().AddAsync(name, address, port, key, TestCore.Alice));
        Assert.Equal(ProblemCode.InvalidArgument, refused.Code);
        Assert.Empty(core.Host.Requests);
    }
}
