using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Jobs;

public class OperationTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public async Task Start_AndNobodyFollows_IsInTheHistoryAskedAndEnded()
    {
        var jobs = new JobHost();
        jobs.TakeJobs("vserver web1 start");
        await using var core = await TestCore.CreateAsync(jobs.Host);
        await core.StartAsync();

        var handle = await core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice, TestContext.Current.CancellationToken);

        var asked = Assert.Single(await core.Get<AuditService>().OperationAsync(handle.Id, TestContext.Current.CancellationToken));
        Assert.Equal((AuditPhase.Asked, AuditOrigin.Panel, "alice", "192.0.2.7", "start", "web1", "vserver web1 start"), (asked.Phase, asked.Origin, asked.User, asked.Address, asked.Operation, asked.VServer, asked.Command));
        var request = jobs.Host.Requests.Single(r => r.Words is ["vserver", "web1", "start"]);
        Assert.Equal((handle.Id, true, TestCore.Alice), (request.JobId, request.Detach, request.Caller));

        jobs.End(handle.Id, new ResultEvent());
        var ended = await EndedAsync(core, handle.Id);
        Assert.Equal((OperationOutcome.Succeeded, "alice", 7L), (ended.Outcome, ended.User, ended.DurationMilliseconds));
    }

    [Fact]
    public async Task Run_CutOffThoughItEndedWell_IsToldAsTheJournalTellsIt()
    {
        var jobs = new JobHost();
        jobs.Host.On("vserver web1 config", request =>
        {
            jobs.Journal(new JournalEntry
            {
                OperationId = request.JobId!,
                Phase = JournalPhase.Ended,
                Time = DateTimeOffset.UtcNow,
                Actor = new Actor("root", "vserverpanel", "alice"),
                Operation = "config",
                VServer = s_web1,
                Command = request.Words,
                Outcome = OperationOutcome.Succeeded,
            });
            return [new ProblemEvent(ProblemCode.Terminated, "It ended without an answer.")];
        });
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var operation = new Operation("config", s_web1, ["vserver", "web1", "config", "set"]);

        await core.Get<OperationRunner>().RunAsync(operation, TestCore.Alice, TestContext.Current.CancellationToken);

        var ended = Assert.Single(await core.Get<AuditService>().OperationAsync(operation.Id, TestContext.Current.CancellationToken), e => e.Phase is AuditPhase.Ended);
        Assert.Equal((OperationOutcome.Succeeded, AuditOrigin.Host), (ended.Outcome, ended.Origin));
    }

    [Fact]
    public async Task Start_PanelRestartedBeforeTheEnd_IsEndedOnceByTheNextPanel()
    {
        var jobs = new JobHost { KeepsJournal = false };
        jobs.TakeJobs("vserver web1 start");
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        JobHandle handle;
        await using (var first = await TestCore.CreateAsync(jobs.Host, directory))
        {
            await first.StartAsync();
            handle = await first.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice, TestContext.Current.CancellationToken);
        }

        jobs.End(handle.Id, new ProblemEvent(ProblemCode.HookFailed, "pre-start failed"));
        await using (var second = await TestCore.CreateAsync(jobs.Host, directory))
        {
            await second.StartAsync();
            var ended = await EndedAsync(second, handle.Id);
            Assert.Equal((OperationOutcome.Failed, ProblemCode.HookFailed, "pre-start failed", "alice", "vserver web1 start"), (ended.Outcome, ended.ProblemCode, ended.ProblemMessage, ended.User, ended.Command));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Start_RefusedByTheHost_ThrowsAndIsInTheHistory()
    {
        var host = new FakeHost();
        host.On("vserver web1 start", new ProblemEvent(ProblemCode.AlreadyRunning, "web1 is running."));
        await using var core = await TestCore.CreateAsync(host);

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice));

        Assert.Equal(ProblemCode.AlreadyRunning, refused.Code);
        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter { VServer = "web1" })).Entries;
        Assert.Equal([AuditPhase.Ended, AuditPhase.Asked], entries.OrderByDescending(e => e.Sequence).Select(e => e.Phase));
        Assert.Equal((OperationOutcome.Failed, ProblemCode.AlreadyRunning), (entries.MaxBy(e => e.Sequence)!.Outcome, entries.MaxBy(e => e.Sequence)!.ProblemCode));
    }

    [Fact]
    public async Task Start_AnswerCutOffThoughTheJobBegan_ThrowsAndTheTrueEndIsTold()
    {
        var jobs = new JobHost();
        jobs.Host.On("vserver web1 start", request =>
        {
            jobs.Begin(request.JobId!, request.Words, "alice");
            return [new ProblemEvent(ProblemCode.Terminated, "cut off")];
        });
        await using var core = await TestCore.CreateAsync(jobs.Host);

        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice));

        var id = Assert.Single(jobs.JobIds);
        jobs.End(id, new ResultEvent());
        Assert.Equal(OperationOutcome.Succeeded, (await EndedAsync(core, id)).Outcome);
    }

    [Fact]
    public async Task Start_JobThatTheHostNeverSaw_IsToldAsNeverBegun()
    {
        var jobs = new JobHost();
        jobs.Host.On("vserver web1 start", new ProblemEvent(ProblemCode.Terminated, "cut off"));
        await using var core = await TestCore.CreateAsync(jobs.Host);

        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice));

        var asked = Assert.Single((await core.Get<AuditService>().QueryAsync(new AuditFilter { Phase = AuditPhase.Asked })).Entries);
        var ended = await EndedAsync(core, asked.OperationId);
        Assert.Equal((OperationOutcome.Failed, ProblemCode.Terminated), (ended.Outcome, ended.ProblemCode));
    }

    [Fact]
    public async Task Start_HistoryCannotBeWritten_IsNotDone()
    {
        var jobs = new JobHost();
        jobs.TakeJobs("vserver web1 start");
        await using var core = await TestCore.CreateAsync(jobs.Host);
        RawSqlite.Execute(core, "audit.db", "ALTER TABLE audit_entries RENAME TO gone");

        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice));

        Assert.StartsWith("Nothing was done", refused.Message, StringComparison.Ordinal);
        Assert.Empty(jobs.Host.Requests);
    }

    [Fact]
    public async Task Delete_ConfirmedByAnotherName_IsRefusedBeforeAnythingElse()
    {
        await using var core = await TestCore.CreateAsync();

        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<LifecycleService>().DeleteAsync(s_web1, "web2", forGood: false, TestCore.Alice));

        Assert.Empty(core.Host.Requests);
        Assert.Empty((await core.Get<AuditService>().QueryAsync(new AuditFilter())).Entries);
    }

    [Fact]
    public async Task Cancel_RunningJob_IsRecordedForTheOneWhoCancelled()
    {
        var jobs = new JobHost();
        jobs.TakeJobs("vserver web1 start");
        jobs.Host.On("vserver-jobs cancel", new ResultEvent());
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var handle = await core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice, TestContext.Current.CancellationToken);

        await core.Get<JobService>().CancelAsync(handle.Id, new Caller("u2", "bob", null), TestContext.Current.CancellationToken);

        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter { Operation = "cancel" })).Entries;
        Assert.Equal(2, entries.Count);
        Assert.All(entries, e => Assert.Equal(("bob", "web1", $"vserver-jobs cancel {handle.Id}"), (e.User, e.VServer, e.Command)));
    }

    [Fact]
    public async Task Start_JobKilledOnTheHost_IsRecoveredAndToldAsRolledBack()
    {
        var jobs = new JobHost();
        jobs.TakeJobs("vserver web1 start");
        jobs.Host.On("vserver-jobs recover", _ =>
        {
            jobs.Recover();
            return [new ResultEvent()];
        });
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var handle = await core.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice, TestContext.Current.CancellationToken);

        jobs.Kill(handle.Id);

        var ended = await EndedAsync(core, handle.Id);
        Assert.Equal((OperationOutcome.RolledBack, AuditOrigin.Host), (ended.Outcome!.Value, ended.Origin));
        Assert.Equal(1, jobs.Host.Commands.Count(c => c == "vserver-jobs recover"));
    }

    [Fact]
    public async Task Start_OfManyAtOnce_FollowsOnlySomeAndRecordsAllEnds()
    {
        const int many = 60;
        var jobs = new JobHost();
        jobs.TakeJobs("vserver v");
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var handles = new List<JobHandle>();
        for (var i = 0; i < many; i++)
        {
            handles.Add(await core.Get<LifecycleService>().StartAsync(VServerName.Parse($"v{i}"), TestCore.Alice, TestContext.Current.CancellationToken));
        }

        await Eventually.TrueAsync(() => jobs.Host.Commands.Count(c => c.StartsWith("vserver-jobs follow", StringComparison.Ordinal)) >= 16, "some are followed");
        Assert.InRange(jobs.Host.Commands.Count(c => c.StartsWith("vserver-jobs follow", StringComparison.Ordinal)), 16, 16);
        handles.ForEach(h => jobs.End(h.Id, new ResultEvent()));

        var audit = core.Get<AuditService>();
        await Eventually.TrueAsync(async () => await audit.CountAsync(new AuditFilter { Phase = AuditPhase.Ended }) == many, "all ends are recorded");
        Assert.Equal(many * 2, await audit.CountAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken));
    }

    private static async Task<AuditEntry> EndedAsync(TestCore core, string operationId)
    {
        var audit = core.Get<AuditService>();
        await Eventually.TrueAsync(async () => (await audit.OperationAsync(operationId)).Any(e => e.Phase is AuditPhase.Ended), "the end of the operation in the history");
        return Assert.Single(await audit.OperationAsync(operationId), e => e.Phase is AuditPhase.Ended);
    }
}
