using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Unification;

public class UnificationServiceTests
{
    private static readonly UnificationRequest s_request = new(VServerName.Parse("web1"), [VServerName.Parse("web2")], UnificationScope.Content);

    [Fact]
    public async Task Plan_ChangesAndRecordsNothing()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vunify", new HelloEvent(1, []), FakeHost.Result(new UnificationPlan
        {
            Method = SharingMethod.Reflink,
            MethodReason = "xfs with reflink",
            Scope = UnificationScope.Content,
            Files = 20,
            FilesToShare = 9,
            FilesShared = 0,
            BytesSaved = 1 << 20,
            IsEstimate = true,
            Members = [],
            Skipped = [],
            Command = ["vunify"],
        }));

        var plan = await core.Get<UnificationService>().PlanAsync(s_request, TestContext.Current.CancellationToken);

        Assert.Equal(9, plan.FilesToShare);
        Assert.True(Assert.Single(core.Host.Requests).Plan);
        Assert.Empty((await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries);
    }

    [Fact]
    public async Task StartAndUndo_AreRecordedJobs()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vunify", new HelloEvent(1, []), new ResultEvent());

        var job = await core.Get<UnificationService>().StartAsync(s_request, TestCore.Alice, TestContext.Current.CancellationToken);
        var undo = await core.Get<UnificationService>().StartUndoAsync([.. s_request.All], TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal(["vunify --content web1 web2", "vunify --undo web1 web2"], core.Host.Requests.Where(r => r.Detach).Select(r => string.Join(' ', r.Words)));
        var asked = (await core.Get<AuditService>().OperationAsync(job.Id, TestContext.Current.CancellationToken))[0];
        Assert.Equal(("unify", "alice", AuditPhase.Asked), (asked.Operation, asked.User, asked.Phase));
        Assert.Equal("deunify", (await core.Get<AuditService>().OperationAsync(undo.Id, TestContext.Current.CancellationToken))[0].Operation);
    }

    [Fact]
    public async Task Start_WithAFault_ReachesNeitherHostNorHistory()
    {
        await using var core = await TestCore.CreateAsync();
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<UnificationService>().StartAsync(s_request with { Members = [] }, TestCore.Alice));
        Assert.Equal(ProblemCode.InvalidArgument, refused.Code);
        Assert.Empty(core.Host.Requests);
    }

    [Fact]
    public void OutcomeOf_OtherJobsAndProblems_IsNone()
    {
        Assert.Null(UnificationService.OutcomeOf(new ResultEvent()));
        Assert.Null(UnificationService.OutcomeOf(FakeHost.Result(new DeleteOutcome(5))));
        Assert.Null(UnificationService.OutcomeOf(new ProblemEvent(ProblemCode.NoSpace, "full")));
    }
}
