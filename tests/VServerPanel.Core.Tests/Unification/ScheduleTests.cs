using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Unification;

public sealed class ScheduleTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private static readonly UnificationSchedule s_daily = new(true, SchedulePeriod.Daily, DayOfWeek.Sunday, 4, UnificationScope.Content, s_web1, null);

    [Fact]
    public async Task Get_NeverSet_IsOff()
    {
        await using var core = await TestCore.CreateAsync();
        var status = await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken);
        Assert.False(status.Schedule.IsOn);
        Assert.Null(status.NextRun);
    }

    [Fact]
    public async Task Set_SurvivesAndIsInTheHistory()
    {
        await using var core = await TestCore.CreateAsync();
        var members = s_daily with { Members = [VServerName.Parse("web2"), VServerName.Parse("web3")], Method = SharingMethod.Immutable };
        await core.Get<ScheduleService>().SetAsync(members, TestCore.Alice, TestContext.Current.CancellationToken);

        var status = await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["web2", "web3"], status.Schedule.Members!.Select(m => m.Value));
        Assert.Equal(SharingMethod.Immutable, status.Schedule.Method);
        Assert.NotNull(status.NextRun);
        var entry = Assert.Single((await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries);
        Assert.Equal(("unify-schedule", "alice"), (entry.Operation, entry.User));
        Assert.Contains("web2, web3 with web1, by content, immutable, each day at 04:00", entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_WithoutReference_IsRefused()
    {
        await using var core = await TestCore.CreateAsync();
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<ScheduleService>().SetAsync(s_daily with { Reference = null }, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<ScheduleService>().SetAsync(s_daily with { Hour = 24 }, TestCore.Alice));
    }

    [Fact]
    public async Task Runner_DaysMissed_RunsOnceBySchedule_WithAllThatAreThere()
    {
        await using var core = await StartAsync(new(), s_daily);
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Runs(core));

        core.Time.Advance(TimeSpan.FromDays(5));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);

        var run = Assert.Single(Runs(core));
        Assert.Equal("vunify --content web1 web2", string.Join(' ', run.Words));
        Assert.Equal("schedule", run.Caller!.UserName);
        var status = await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal(run.JobId, status.LastJobId);
        Assert.Contains((await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken)).Entries, e => e is { Operation: "unify", User: "schedule" });

        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, Runs(core).Count());
    }

    [Fact]
    public async Task Runner_TurnedOff_RunsNothing()
    {
        await using var core = await StartAsync(new(), s_daily);
        await core.Get<ScheduleService>().SetAsync(s_daily with { IsOn = false }, TestCore.Alice, TestContext.Current.CancellationToken);
        core.Time.Advance(TimeSpan.FromDays(5));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Runs(core));
    }

    [Fact]
    public async Task Runner_HostBusy_TriesAgainLater()
    {
        var host = new FakeHost();
        await using var core = await StartAsync(host, s_daily);
        host.On("vunify", new ProblemEvent(ProblemCode.Busy, "Another operation holds web2."));
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Single(Runs(core));
        Assert.Contains("Another operation", (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastProblem, StringComparison.Ordinal);

        host.On("vunify", new HelloEvent(1, []), new ResultEvent());
        core.Time.Advance(TimeSpan.FromMinutes(11));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, Runs(core).Count());
        Assert.Equal(2, Runs(core).Select(r => r.JobId).Distinct().Count());
        Assert.Null((await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastProblem);
    }

    [Fact]
    public async Task Runner_ReferenceGone_SaysSoOnceAndGoesOnNextTime()
    {
        await using var core = await StartAsync(new(), s_daily with { Reference = VServerName.Parse("gone") });
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Runs(core));
        Assert.Contains("gone", (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runner_Method_IsAskedFor()
    {
        await using var core = await StartAsync(new(), s_daily with { Method = SharingMethod.Immutable });
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal("vunify --content --method immutable web1 web2", string.Join(' ', Assert.Single(Runs(core)).Words));
    }

    [Fact]
    public async Task Runner_JobFailsLater_IsToldUntilTheNextRun()
    {
        await using var core = await StartAsync(new(), s_daily);
        var schedules = core.Get<ScheduleService>();
        await RunUntilItFailsAsync(core, ProblemCode.AlreadyRunning, "web2 is running.");

        core.Host.On("vserver-jobs follow", new ResultEvent());
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, Runs(core).Count());
        Assert.Null((await schedules.GetAsync(TestContext.Current.CancellationToken)).LastProblem);
    }

    /// <summary>The locks are taken by the job, when the panel has its answer.</summary>
    [Fact]
    public async Task Runner_JobFindsAVServerBusy_IsAskedForAgain()
    {
        await using var core = await StartAsync(new(), s_daily);
        await RunUntilItFailsAsync(core, ProblemCode.Busy, "Another operation holds web2.");

        core.Time.Advance(TimeSpan.FromMinutes(11));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, Runs(core).Count());
    }

    [Fact]
    public async Task Runner_PanelKilledWhenItHadAsked_DoesNotAskTwice()
    {
        await using var core = await StartAsync(new(), s_daily);
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        var asked = Assert.Single(Runs(core)).JobId;

        // as it was in the database between asking and writing down that it was done
        await core.Get<ScheduleService>().ChangeAsync(r => (r.PendingJobId, r.DoneUpTo, r.LastJobId) = (asked, core.Time.GetUtcNow().AddDays(-2), null));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);

        Assert.Single(Runs(core));
        Assert.Equal(asked, (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastJobId);
    }

    [Fact]
    public async Task Runner_RenamedMeanwhile_GoesOnWithTheNewNames()
    {
        await using var core = await StartAsync(new(), s_daily with { Reference = VServerName.Parse("old1"), Members = [VServerName.Parse("old2"), VServerName.Parse("gone")] });
        foreach (var (old, now) in new[] { ("old1", "web1"), ("old2", "web2"), ("gone", "deleted") })
        {
            await core.Get<AuditService>().RecordAskedAsync(Drafts.Asked(JobId.New()) with { Host = core.Host.HostName, VServer = old, VServerId = Statuses.IdOf(now) });
        }

        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);

        Assert.Equal("vunify --content web1 web2", string.Join(' ', Assert.Single(Runs(core)).Words));
        var schedule = (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).Schedule;
        Assert.Equal("web1: web2 gone", $"{schedule.Reference}: {string.Join(' ', schedule.Members!)}");
    }

    /// <summary>Lets a day pass, and the job of that day's run fail after it began.</summary>
    private static async Task RunUntilItFailsAsync(TestCore core, ProblemCode code, string message)
    {
        core.Host.On("vserver-jobs follow", new ProblemEvent(code, message));
        core.Host.On("vserver-jobs show", FakeHost.Result(new JobInfo { Id = "x", Operation = "unify", Actor = new Actor("root"), Command = [], State = JobState.Failed, StartedAt = core.Time.GetUtcNow() }));
        core.Time.Advance(TimeSpan.FromDays(1));
        await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Null((await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastProblem);
        await Eventually.TrueAsync(
            async () =>
            {
                await core.Get<ScheduleRunner>().LookAsync(TestContext.Current.CancellationToken);
                return (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).LastProblem == message;
            },
            "the schedule tells how its job ended");
        Assert.Single(Runs(core));
    }

    private static IEnumerable<HostRequest> Runs(TestCore core) => core.Host.Requests.Where(r => r.Words[0] == "vunify");

    private static async Task<TestCore> StartAsync(FakeHost host, UnificationSchedule schedule)
    {
        host.OnCall("vserver-stat --watch", (_, stopping) => Watch(stopping));
        host.On("vunify", new HelloEvent(1, []), new ResultEvent());
        var core = await TestCore.CreateAsync(host);
        await core.Get<ScheduleService>().SetAsync(schedule, TestCore.Alice, TestContext.Current.CancellationToken);
        await core.Get<InBackground<VServerDirectory>>().StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Connection.State is DirectoryConnection.Live, "the directory is live");
        return core;
    }

    private static async IAsyncEnumerable<WireEvent> Watch([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping)
    {
        yield return new HelloEvent(1, []);
        yield return FakeHost.Item(ItemKinds.VServer, Statuses.Running("web1"));
        yield return FakeHost.Item(ItemKinds.VServer, Statuses.Stopped("web2"));
        yield return FakeHost.Item(ItemKinds.VServer, Statuses.Stopped("new1") with { State = VServerState.Incomplete });
        yield return FakeHost.Item(ItemKinds.SnapshotComplete, new Dictionary<string, string>());
        await Task.Delay(Timeout.Infinite, stopping);
    }
}
