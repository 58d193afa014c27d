using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public class MoveServiceTests
{
    private static readonly Guid s_id = Guid.Parse("827440c8-e588-4408-82b5-6c843db1277e");
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public async Task Plan_ChangesAndRecordsNothing()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver web1 move", new HelloEvent(1, []), FakeHost.Result(new MovePlan
        {
            To = "host2",
            Steps = [],
            Checks = [new MoveCheck("space", "Room", CheckState.Refused, "1M free there, and 400M are needed.")],
            Problems = [new ProblemEvent(ProblemCode.NoSpace, "host2 is full.")],
            LeftOut = ["The share /mnt/media stays here."],
            Bytes = 400 << 20,
            Files = 25000,
            Command = ["vserver", "web1", "move"],
        }));

        var plan = await core.Get<MoveService>().PlanAsync(s_web1, new MoveRequest("host2"), TestContext.Current.CancellationToken);

        Assert.Equal(CheckState.Refused, Assert.Single(plan.Checks).State);
        Assert.Equal(["The share /mnt/media stays here."], plan.LeftOut);
        Assert.True(Assert.Single(core.Host.Requests).Plan);
        Assert.Empty((await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries);
    }

    [Fact]
    public async Task TakeBack_IsARecordedJobOfTheVServer()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-moves", new HelloEvent(1, []), new ResultEvent());

        var job = await core.Get<MoveService>().TakeBackAsync(Move(DateTimeOffset.UnixEpoch), TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal("vserver-moves take-back 5d1c7a3c0e2f4b6f8f2f1b9c7d3e4a50", string.Join(' ', core.Host.Requests.First(r => r.Detach).Words));
        var asked = (await core.Get<AuditService>().OperationAsync(job.Id, TestContext.Current.CancellationToken))[0];
        Assert.Equal(("move-take-back", "web1", "alice"), (asked.Operation, asked.VServer, asked.User));

        // it is not here, and yet in its history
        Assert.Equal(s_id, asked.VServerId);
    }

    [Fact]
    public async Task Start_WithAFault_ReachesNeitherHostNorHistory()
    {
        await using var core = await TestCore.CreateAsync();
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveService>().StartAsync(s_web1, new MoveRequest("--plan"), TestCore.Alice));
        Assert.Empty(core.Host.Requests);
    }

    [Fact]
    public async Task List_IsNewestFirst()
    {
        await using var core = await TestCore.CreateAsync();
        var (old, young) = (Move(DateTimeOffset.UnixEpoch), Move(DateTimeOffset.UnixEpoch.AddDays(1)));
        core.Host.On("vserver-moves list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Move, old), FakeHost.Item(ItemKinds.Move, young), new ResultEvent());
        Assert.Equal([young, old], await core.Get<MoveService>().ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void OutcomeOfAndProgressOf_LinesOfOtherJobs_AreNone()
    {
        Assert.Null(MoveService.OutcomeOf(new ResultEvent()));
        Assert.Null(MoveService.OutcomeOf(FakeHost.Result(new DeleteOutcome(5))));
        Assert.Null(MoveService.ProgressOf(new ProgressEvent(1, 2, "Copying")));
        Assert.Equal(MovePhase.LastPass, MoveService.ProgressOf(FakeHost.Item(ItemKinds.MoveProgress, new MoveProgress("1", MovePhase.LastPass)))!.Phase);
    }

    private static MoveInfo Move(DateTimeOffset startedAt) => new()
    {
        Id = "5d1c7a3c0e2f4b6f8f2f1b9c7d3e4a50",
        VServer = s_web1,
        VServerId = s_id,
        Direction = MoveDirection.Outgoing,
        Peer = "host2",
        Phase = MovePhase.Done,
        State = MoveState.Kept,
        StartedAt = startedAt,
    };
}
