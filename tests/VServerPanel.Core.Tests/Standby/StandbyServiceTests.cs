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

        var outcome = await core.Get<StandbyService>().PromoteAsync(s_copy, "shop", "host1", "backup", TestCore.Alice);

        Assert.Equal("host1", outcome.Peer);
        Assert.Equal(["vserver shop promote --confirm shop --fenced --profile backup"], core.Host.Commands);
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
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<StandbyService>().PromoteAsync(s_copy, name, fenced, null, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<StandbyService>().PromoteAsync(Statuses.Stopped("shop"), "shop", "", null, TestCore.Alice));
        Assert.Empty(core.Host.Requests);
    }

    [Theory]
    [InlineData(60, null, "vserver shop standby keep --to host2 --every 60")]
    [InlineData(0, 1048576L, "vserver shop standby keep --to host2 --every 0 --bandwidth 1048576")]
    public async Task Keep_IntervalAndLimit_IsAskedForAndOnRecord(int minutes, long? rate, string command)
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver shop standby", new HelloEvent(1, []), new ResultEvent());
        await core.Get<StandbyService>().KeepAsync(VServerName.Parse("shop"), new StandbyRequest("host2", minutes, rate), TestCore.Alice);
        Assert.Equal([command], core.Host.Commands);
        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.All(entries, e => Assert.Equal("standby-keep", e.Operation));
        Assert.Equal(2, entries.Count);
    }

    [Theory]
    [InlineData("", 60, null)]
    [InlineData("host2", -1, null)]
    [InlineData("host2", 60, 10L)]
    public async Task Keep_Fault_NeverReachesTheHost(string peer, int minutes, long? rate)
    {
        await using var core = await TestCore.CreateAsync();
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<StandbyService>().KeepAsync(VServerName.Parse("shop"), new StandbyRequest(peer, minutes, rate), TestCore.Alice));
        Assert.Empty(core.Host.Requests);
    }

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(3, true, false)]
    [InlineData(3, false, true)]
    public async Task Runner_OverdueAndNobodyAtIt_AsksTheHostToCopy(int minutesOverdue, bool isAtWork, bool isAsked)
    {
        await using var core = await TestCore.CreateAsync();
        var now = DateTimeOffset.UtcNow;
        core.Host.On("vserver-standby list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Standby, new StandbyInfo { VServer = VServerName.Parse("shop"), VServerId = Guid.NewGuid(), Role = StandbyRole.Source, Peer = "host2", NextAt = now.AddMinutes(-minutesOverdue), IsAtWork = isAtWork }), new ResultEvent());
        core.Host.On("vserver-standby run-due", new HelloEvent(1, []), new ResultEvent());
        await new StandbyRunner(core.Host, new FixedTime(now), Microsoft.Extensions.Logging.Abstractions.NullLogger<StandbyRunner>.Instance).LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(isAsked, core.Host.Requests.Any(r => r is { Words: ["vserver-standby", "run-due"], Detach: true }));
    }

    [Fact]
    public async Task Runner_LastOneStillCopies_AsksForNoOther_AndAgainWhenItHasEnded()
    {
        await using var core = await TestCore.CreateAsync();
        var now = DateTimeOffset.UtcNow;
        core.Host.On("vserver-standby list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Standby, new StandbyInfo { VServer = VServerName.Parse("shop"), VServerId = Guid.NewGuid(), Role = StandbyRole.Source, Peer = "host2", NextAt = now.AddMinutes(-10) }), new ResultEvent());
        core.Host.On("vserver-standby run-due", new HelloEvent(1, []), new ResultEvent());
        core.Host.On("vserver-jobs show", request => [new HelloEvent(1, []), FakeHost.Result(Job(request.Words[2], JobState.Running))]);
        var runner = new StandbyRunner(core.Host, new FixedTime(now), Microsoft.Extensions.Logging.Abstractions.NullLogger<StandbyRunner>.Instance);

        await runner.LookAsync(TestContext.Current.CancellationToken);
        await runner.LookAsync(TestContext.Current.CancellationToken);
        await runner.LookAsync(TestContext.Current.CancellationToken);
        var first = Assert.Single(core.Host.Requests, r => r.Words.Contains("run-due"));
        Assert.Equal([$"vserver-jobs show {first.JobId}", $"vserver-jobs show {first.JobId}"], core.Host.Commands.Where(c => c.StartsWith("vserver-jobs", StringComparison.Ordinal)));

        core.Host.On("vserver-jobs show", request => [new HelloEvent(1, []), FakeHost.Result(Job(request.Words[2], JobState.Succeeded))]);
        await runner.LookAsync(TestContext.Current.CancellationToken);
        core.Host.On("vserver-jobs show", new HelloEvent(1, []), new ProblemEvent(ProblemCode.NotFound, "There is no such job."));
        await runner.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, core.Host.Requests.Where(r => r.Words.Contains("run-due")).Select(r => r.JobId).Distinct().Count());
    }

    private static JobInfo Job(string id, JobState state) => new()
    {
        Id = id,
        Operation = "standby-run-due",
        Actor = new Actor("vserverpanel"),
        Command = ["vserver-standby", "run-due"],
        State = state,
        StartedAt = DateTimeOffset.UnixEpoch,
    };

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
