using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Standby;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Standby;

public class StandbyServiceTests
{
    private static readonly VServerStatus s_copy = Statuses.Stopped("shop") with { State = VServerState.Standby, StandbyOf = "host1" };

    [Fact]
    public async Task Promote_BothNamesTyped_IsDoneAndSaysInTheHistoryWhoGaveHisWord()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver shop promote", new HelloEvent(1, []), FakeHost.Result(new PromoteOutcome("host1", DateTimeOffset.UnixEpoch)));

        var outcome = await core.Get<StandbyService>().PromoteAsync(s_copy, "shop", "host1", TestCore.Alice);

        Assert.Equal("host1", outcome.Peer);
        Assert.Equal(["vserver shop promote --confirm shop --fenced"], core.Host.Commands);
        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Equal(2, entries.Count);
        Assert.All(entries, e => Assert.Equal(("promote", "alice confirmed that host1 is off."), (e.Operation, e.Detail)));
    }

    [Theory]
    [InlineData("shop", "")]
    [InlineData("shop", "host2")]
    [InlineData("", "host1")]
    [InlineData("host1", "shop")]
    public async Task Promote_AnotherNameTyped_ReachesNeitherHostNorHistory(string name, string fenced)
    {
        await using var core = await TestCore.CreateAsync();
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<StandbyService>().PromoteAsync(s_copy, name, fenced, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<StandbyService>().PromoteAsync(Statuses.Stopped("shop"), "shop", "", TestCore.Alice));
        Assert.Empty(core.Host.Requests);
    }
}
