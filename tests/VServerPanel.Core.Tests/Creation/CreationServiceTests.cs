using VServerPanel.Core.Auditing;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Tests.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Creation;

public class CreationServiceTests
{
    private static CreateRequest Request => new() { Method = BuildMethod.Skeleton, Name = "db1", Addresses = ["10.0.0.7"], StartAfterwards = true };

    [Fact]
    public async Task Create_BuildSucceeds_IsGivenToItsTenantAndStarted()
    {
        var jobs = Jobs();
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var tenant = await core.Get<TenantService>().CreateAsync("Example Ltd", TestCore.Alice, TestContext.Current.CancellationToken);

        var created = await core.Get<CreationService>().CreateAsync(Request, TestCore.Alice, tenant.Id, TestContext.Current.CancellationToken);
        var following = core.Get<JobService>().FollowAsync(created.Start!.Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        jobs.End(created.Build.Id, new ResultEvent());

        await Eventually.TrueAsync(() => jobs.JobIds.Contains(created.Start.Id, StringComparer.Ordinal), "it is started");
        jobs.End(created.Start.Id, new ResultEvent());
        Assert.IsType<ResultEvent>((await following)[^1]);
        Assert.Equal([Statuses.IdOf("db1")], (await core.Get<TenantService>().FindAsync(tenant.Id, TestContext.Current.CancellationToken))!.VServerIds);
        Assert.Equal(created, await core.Get<CreationService>().FindAsync(created.Build.Id, TestContext.Current.CancellationToken));
        var request = jobs.Host.Requests.Single(r => r.Words.Contains("build") && !r.Plan);
        Assert.Equal(CreateCommand.Words(Request), request.Words);
        var history = (await core.Get<AuditService>().QueryAsync(new AuditFilter { User = "alice" }, cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Contains(history, e => e is { Operation: "assign" });
        Assert.Contains(history, e => e is { Operation: "build", Phase: AuditPhase.Asked, Detail: "For the tenant Example Ltd" });
    }

    [Fact]
    public async Task Create_PanelRestartedDuringTheBuild_IsFinishedByTheNextPanel()
    {
        var jobs = Jobs();
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        CreationHandle created;
        Tenant tenant;
        await using (var first = await TestCore.CreateAsync(jobs.Host, directory))
        {
            await first.StartAsync();
            tenant = await first.Get<TenantService>().CreateAsync("Example Ltd", TestCore.Alice, TestContext.Current.CancellationToken);
            created = await first.Get<CreationService>().CreateAsync(Request, TestCore.Alice, tenant.Id, TestContext.Current.CancellationToken);
        }

        await using (var second = await TestCore.CreateAsync(jobs.Host, directory))
        {
            await second.StartAsync();
            Assert.Equal(created, await second.Get<CreationService>().FindAsync(created.Build.Id, TestContext.Current.CancellationToken));
            jobs.End(created.Build.Id, new ResultEvent());
            await Eventually.TrueAsync(() => jobs.JobIds.Contains(created.Start!.Id, StringComparer.Ordinal), "it is started");
            Assert.Equal(tenant, await second.Get<TenantService>().OfVServerAsync(Statuses.IdOf("db1"), TestContext.Current.CancellationToken));
            Assert.Equal("alice", jobs.Host.Requests.Last(r => r.Words is ["vserver", "db1", "start"]).Caller!.UserName);
            jobs.End(created.Start!.Id, new ResultEvent());
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Create_HostIsAwayWhenTheBuildHasEnded_IsGivenAndStartedLater()
    {
        var jobs = Jobs();
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var tenant = await core.Get<TenantService>().CreateAsync("Example Ltd", TestCore.Alice, TestContext.Current.CancellationToken);
        var away = true;
        jobs.Host.On("vserver-stat", _ => away
            ? [new ProblemEvent(ProblemCode.Unreachable, "The host does not answer.")]
            : [FakeHost.Item(ItemKinds.VServer, Statuses.Running("db1")), new ResultEvent()]);

        var created = await core.Get<CreationService>().CreateAsync(Request, TestCore.Alice, tenant.Id, TestContext.Current.CancellationToken);
        jobs.End(created.Build.Id, new ResultEvent());
        await Eventually.TrueAsync(() => jobs.Host.Requests.Count(r => r.Words is ["vserver-stat"]) > 1, "it is asked again");
        Assert.DoesNotContain(created.Start!.Id, jobs.JobIds);
        away = false;

        await Eventually.TrueAsync(() => jobs.JobIds.Contains(created.Start.Id, StringComparer.Ordinal), "it is started");
        Assert.Equal([Statuses.IdOf("db1")], (await core.Get<TenantService>().FindAsync(tenant.Id, TestContext.Current.CancellationToken))!.VServerIds);
        jobs.End(created.Start.Id, new ResultEvent());
    }

    [Fact]
    public async Task Create_BuildFails_IsNeitherGivenNorStarted()
    {
        var jobs = Jobs();
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var tenant = await core.Get<TenantService>().CreateAsync("Example Ltd", TestCore.Alice, TestContext.Current.CancellationToken);
        var created = await core.Get<CreationService>().CreateAsync(Request, TestCore.Alice, tenant.Id, TestContext.Current.CancellationToken);

        jobs.End(created.Build.Id, new ProblemEvent(ProblemCode.NoSpace, "full"));

        var store = core.Get<CreationStore>();
        await Eventually.TrueAsync(async () => (await store.OpenAsync(CancellationToken.None)).Count == 0, "nothing is to follow");
        Assert.Empty(await core.Get<TenantService>().AssignmentsAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain("vserver db1 start", jobs.Host.Commands);
        var last = await core.Get<JobService>().FollowAsync(created.Start!.Id, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ProblemCode.NotFound, Assert.IsType<ProblemEvent>(last).Code);
    }

    [Fact]
    public async Task Create_RefusedByTheHost_ThrowsAndNothingIsToFollow()
    {
        var jobs = Jobs();
        jobs.Host.On("vserver db1 build", new ProblemEvent(ProblemCode.Busy, "busy"));
        await using var core = await TestCore.CreateAsync(jobs.Host);

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<CreationService>().CreateAsync(Request, TestCore.Alice));

        Assert.Equal(ProblemCode.Busy, refused.Code);
        Assert.Empty(await core.Get<CreationStore>().OpenAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Create_WithFaults_NeverReachesTheHost()
    {
        var jobs = Jobs();
        await using var core = await TestCore.CreateAsync(jobs.Host);

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<CreationService>().CreateAsync(Request with { Addresses = ["192.0.2.1"] }, TestCore.Alice));

        Assert.Equal(ProblemCode.InvalidArgument, refused.Code);
        Assert.DoesNotContain(jobs.Host.Commands, c => c.Contains("build", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Plan_RightRequest_AsksTheHostByTheSameWords()
    {
        var jobs = Jobs();
        var plan = new OperationPlan([new PlanStep("Make the tree", ["mkdir", "x"])], [], [], 1, 2);
        jobs.Host.On("vserver db1 build", FakeHost.Result(plan));
        await using var core = await TestCore.CreateAsync(jobs.Host);

        var answer = await core.Get<CreationService>().PlanAsync(Request, TestContext.Current.CancellationToken);

        Assert.Equal("Make the tree", Assert.Single(answer.Steps).Title);
        var request = jobs.Host.Requests.Single(r => r.Plan);
        Assert.Equal(CreateCommand.Words(Request), request.Words);
        Assert.Null(request.Caller);
    }

    private static JobHost Jobs()
    {
        var jobs = new JobHost();
        jobs.TakeJobs("vserver db1 build");
        jobs.TakeJobs("vserver db1 start");
        jobs.Host.On("vserver-info", FakeHost.Result(HostServiceTests.Report));
        jobs.Host.On("vserver-stat", FakeHost.Item(ItemKinds.VServer, Statuses.Stopped("db1")), new ResultEvent());
        _ = new WatchScript(jobs.Host);
        return jobs;
    }
}
