using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Tests.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public sealed class PairingServiceTests
{
    private const string OwnKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICe2RLaNQ1K7gqfPi0J1VEwXc38pWJtjD6HkpPIGojbY";
    private const string OwnHostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK";
    private const string OtherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEq0dLXcQ0yHkmC3qV0Lxw9WJ5cFJ5bS0H3s8n5Xq6fE";
    private const string RsaHostKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7";

    private readonly FakeHost _other = new("root2");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pair_TwoHosts_EachKnowsAndAllowsTheOtherByTheKeysThatWereShown()
    {
        await using var core = await CoreAsync();
        var pairing = core.Get<PairingService>();
        Assert.Equal("root2", Assert.Single(pairing.OthersOf("host1")).Name);

        var (own, other) = await pairing.LookAsync("host1", "root2", Cancel);
        Assert.Equal((HostServiceTests.Report.Addresses[0], 22, OwnHostKey), (own.Address, own.Port, own.HostKey));

        // the panel's own pinned key and address, though the host tells another key first
        Assert.Equal(("192.0.2.7", 22, FakeTransport.HostKey), (other.Address, other.Port, other.HostKey));
        Assert.DoesNotContain(core.Host.Requests.Concat(_other.Requests), r => r is { Words: ["vserver-hosts", "add" or "allow", ..] } or { Words: ["vserver-hosts", "key"], Plan: false });

        await pairing.PairAsync(own with { Address = "192.0.2.1", Port = 2222 }, other, TestCore.Alice);

        Assert.Equal(
            [$"vserver-hosts add root2 --address=192.0.2.7 --port=22 --host-key={FakeTransport.HostKey}", $"vserver-hosts allow root2 {OtherKey}"],
            Changes(core.Host));
        Assert.Equal(
            [$"vserver-hosts add host1 --address=192.0.2.1 --port=2222 --host-key={OwnHostKey}", $"vserver-hosts allow host1 {OwnKey}"],
            Changes(_other));
        var history = (await core.Get<AuditService>().QueryAsync(new AuditFilter { Host = "root2", User = "alice" }, cancellationToken: Cancel)).Entries;
        Assert.Equal(["host-add", "host-allow"], history.Select(e => e.Operation).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Pair_TheLastStepIsRefused_TakesBackWhatWasDone_AndNotWhatWasThereBefore()
    {
        await using var core = await CoreAsync();
        core.Host.On("vserver-hosts list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Peer, new PeerInfo("root2", "192.0.2.7", 22, "SHA256:x")), new ResultEvent());
        _other.On("vserver-hosts allow", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Conflict, "authorized_keys is a link."));
        var (own, other) = await core.Get<PairingService>().LookAsync("host1", "root2", Cancel);

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<PairingService>().PairAsync(own, other, TestCore.Alice));

        Assert.Equal("authorized_keys is a link. The two are as they were before.", refused.Message);
        Assert.Equal(["add", "allow", "deny"], Changes(core.Host).Select(c => c.Split(' ')[1]));
        Assert.Equal(["add", "allow", "remove"], Changes(_other).Select(c => c.Split(' ')[1]));
    }

    [Fact]
    public async Task Pair_CannotBeTakenBack_SaysWhatIsLeft()
    {
        await using var core = await CoreAsync();
        _other.On("vserver-hosts add", new HelloEvent(1, []), new ProblemEvent(ProblemCode.AlreadyExists, "host1 is known here with another key."));
        core.Host.On("vserver-hosts remove", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Unreachable, "no route to host"));
        var (own, other) = await core.Get<PairingService>().LookAsync("host1", "root2", Cancel);
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<PairingService>().PairAsync(own, other, TestCore.Alice));
        Assert.EndsWith("because a host did not answer: host1 knows root2.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pair_OneHasNoKeyYet_IsRefusedUntilItIsMade()
    {
        await using var core = await CoreAsync();
        _other.On("vserver-hosts key", request => [new HelloEvent(1, []), request.Plan ? FakeHost.Result(new OperationPlan([new PlanStep("Make the key")], [], [])) : FakeHost.Result(OtherKeys)]);
        var pairing = core.Get<PairingService>();
        var (own, other) = await pairing.LookAsync("host1", "root2", Cancel);
        Assert.Null(other.Keys);
        Assert.Contains("root2 has no key", (await Assert.ThrowsAsync<HostProblemException>(() => pairing.PairAsync(own, other, TestCore.Alice))).Message, StringComparison.Ordinal);
        Assert.Empty(Changes(core.Host));

        await pairing.MakeKeysAsync(own, other, TestCore.Alice);
        Assert.Single(_other.Requests, r => r is { Words: ["vserver-hosts", "key"], Plan: false });
        Assert.DoesNotContain(core.Host.Requests, r => r is { Words: ["vserver-hosts", "key"], Plan: false });
    }

    private static HostKeys OtherKeys => new(OtherKey, "SHA256:o", [RsaHostKey, OwnKey, FakeTransport.HostKey], "machine2");

    private async Task<TestCore> CoreAsync()
    {
        var core = await TestCore.CreateAsync();
        foreach (var (host, keys) in new[] { (core.Host, new HostKeys(OwnKey, "SHA256:w", [OwnHostKey, RsaHostKey], "machine1")), (_other, OtherKeys) })
        {
            host.On("vserver-hosts", new HelloEvent(1, []), new ResultEvent());
            host.On("vserver-hosts add", new HelloEvent(1, []), FakeHost.Result(new PeerInfo("peer", "192.0.2.1", 22, "SHA256:x")));
            host.On("vserver-hosts key", new HelloEvent(1, []), FakeHost.Result(keys));
            host.On("vserver-info", new HelloEvent(1, []), FakeHost.Result(HostServiceTests.Report));
        }

        var watch = new WatchScript(_other);
        watch.SnapshotComplete();
        var added = await core.AddHostAsync(_other);
        await Eventually.TrueAsync(() => added.Directory.Snapshot.Connection.State is DirectoryConnection.Live, "it answers");
        return core;
    }

    private static IEnumerable<string> Changes(FakeHost host) => host.Requests.Where(r => r is { Plan: false, Words: ["vserver-hosts", "add" or "allow" or "deny" or "remove", ..] }).Select(r => string.Join(' ', r.Words));
}
