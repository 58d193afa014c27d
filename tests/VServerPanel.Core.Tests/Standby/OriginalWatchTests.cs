using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Standby;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Standby;

public class OriginalWatchTests
{
    // the host that keeps the copy calls the other one as it likes
    private static readonly VServerStatus s_copy = Statuses.Stopped("shop") with { State = VServerState.Standby, StandbyOf = "paris" };

    private readonly FakeHost _other = new("root2");
    private readonly WatchScript _watch;

    public OriginalWatchTests() => _watch = new WatchScript(_other);

    [Theory]
    [InlineData(VServerState.Running, OriginalState.Running)]
    [InlineData(VServerState.Starting, OriginalState.Running)]
    [InlineData(VServerState.Stopping, OriginalState.Running)]
    [InlineData(VServerState.Stopped, OriginalState.Off)]
    [InlineData(VServerState.Standby, OriginalState.Copy)]
    public async Task Look_HostAnswers_TellsHowTheVServerOfThatIdStands(VServerState there, OriginalState seen)
    {
        await using var core = await CoreAsync(Statuses.Stopped("shop") with { Name = VServerName.Parse("store"), State = there });
        Assert.Equal(new OriginalSight(seen, "root2", IsOwn: false, VServerName.Parse("store")), core.Get<OriginalWatch>().Look(s_copy));
    }

    [Fact]
    public async Task Look_HostAway_TellsHowItStoodAndSinceWhen()
    {
        await using var core = await CoreAsync(Statuses.Running("shop"));
        await GoAwayAsync(core);
        var seen = core.Get<OriginalWatch>().Look(s_copy);
        Assert.Equal((OriginalState.Away, "root2", VServerState.Running), (seen.State, seen.Host, seen.LastState));
        Assert.NotNull(seen.Since);
    }

    [Fact]
    public async Task Look_NobodyHasIt_GoesByTheNameOfTheHost()
    {
        await using var core = await CoreAsync(Statuses.Running("other"));
        Assert.Equal(new OriginalSight(OriginalState.NotSeen, "paris", IsOwn: false), core.Get<OriginalWatch>().Look(s_copy));
        Assert.Equal(new OriginalSight(OriginalState.Gone, "root2", IsOwn: false), core.Get<OriginalWatch>().Look(s_copy with { StandbyOf = "ROOT2" }));
    }

    [Fact]
    public async Task Promote_SeenToRun_IsRefusedWhateverWasTyped_AndGoesOnWhenItsHostIsAway()
    {
        await using var core = await CoreAsync(Statuses.Running("shop"));
        core.Host.On("vserver shop promote", new HelloEvent(1, []), FakeHost.Result(new PromoteOutcome("paris", DateTimeOffset.UnixEpoch)));
        var standby = core.Get<StandbyService>();

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => standby.PromoteAsync(s_copy, "shop", "paris", null, TestCore.Alice));
        Assert.Equal(ProblemCode.Conflict, refused.Code);
        Assert.Contains("shop runs on root2", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(core.Host.Commands, c => c.Contains("promote", StringComparison.Ordinal));

        await GoAwayAsync(core);
        await standby.PromoteAsync(s_copy, "shop", "paris", null, TestCore.Alice);
        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter { Operation = "promote" }, cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.All(entries, e => Assert.Equal("alice confirmed that paris is off. root2 did not answer the panel.", e.Detail));
    }

    private async Task<TestCore> CoreAsync(VServerStatus there)
    {
        var core = await TestCore.CreateAsync();
        _watch.Say(there);
        _watch.SnapshotComplete();
        var other = await core.AddHostAsync(_other);
        await Eventually.TrueAsync(() => other.Directory.Snapshot.Connection.State is DirectoryConnection.Live, "it answers");
        return core;
    }

    private async Task GoAwayAsync(TestCore core)
    {
        _watch.End(new ProblemEvent(ProblemCode.Unreachable, "no route to host"));
        await Eventually.TrueAsync(() => core.Get<Fleet>().Find("root2")!.Directory.Snapshot.Connection.State is DirectoryConnection.Unreachable, "it is away");
    }
}
