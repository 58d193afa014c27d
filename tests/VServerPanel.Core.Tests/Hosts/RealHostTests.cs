using VServerPanel.Core.Auditing;
using VServerPanel.Core.Configuration;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>The services against the real host command: both sides of the wire mean the same.</summary>
public class RealHostTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public async Task Configuration_SavedHereAndInAShell_IsInTheHistoryOnceEach()
    {
        await using var host = await RealHost.StartAsync();
        host.Write("web1", "# Description: The first\nONBOOT=no\n");
        await SeenAsync(host, "web1");
        var configuration = host.Get<ConfigurationService>();
        var opened = await configuration.GetAsync(s_web1, TestContext.Current.CancellationToken);
        Assert.Equal("no", opened.Values["ONBOOT"]);

        var saved = await configuration.SaveAsync(s_web1, opened, "# Description: The first\nONBOOT=yes\n", TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal("yes", saved.Values["ONBOOT"]);
        Assert.Equal(ProblemCode.Conflict, (await Assert.ThrowsAsync<HostProblemException>(() => configuration.SaveAsync(s_web1, opened, "ONBOOT=no\n", TestCore.Alice))).Code);
        Assert.Contains(await FindingsAsync(configuration, "S_CONTEXT=x\n"), f => f.IsError);
        Assert.Equal(0, await host.ShellAsync("web1", "config", "set", "PRIORITY=5"));
        await host.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken);
        var entries = (await host.Get<AuditService>().QueryAsync(new AuditFilter { VServer = "web1" }, cancellationToken: TestContext.Current.CancellationToken)).Entries.OrderBy(e => e.Sequence).ToList();
        Assert.Equal(6, entries.Count);
        Assert.All(entries, e => Assert.Equal("configure", e.Operation));
        Assert.Equal(["alice", "alice", "alice", "alice", "root", "root"], entries.Select(e => e.User));
        Assert.Equal(
            [OperationOutcome.Succeeded, OperationOutcome.Failed, OperationOutcome.Succeeded],
            entries.Where(e => e.Phase is AuditPhase.Ended).Select(e => e.Outcome!.Value));
        Assert.Contains("PRIORITY=\"5\"", entries[^1].After, StringComparison.Ordinal);
        Assert.True((await host.Get<AuditService>().VerifyAsync(TestContext.Current.CancellationToken)).IsIntact);
        await Eventually.TrueAsync(() => host.Get<VServerDirectory>().Find(s_web1) is { Status: { OnBoot: true, Priority: 5 } }, "the directory hears of it");
    }

    [Fact]
    public async Task Journal_PutAsideWhenItIsFull_IsReadOn()
    {
        await using var host = await RealHost.StartAsync();
        host.Write("web1", "ONBOOT=no\n");
        Assert.Equal(0, await host.ShellAsync("web1", "config", "set", "PRIORITY=1"));
        await host.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken);
        var log = Path.Combine(host.Prefix, "var/log/vservers");
        await using (var journal = new FileStream(Path.Combine(log, "journal.jsonl"), FileMode.Open))
        {
            journal.Position = (64 << 20) - 1;
            journal.WriteByte((byte)'\n');
        }

        Assert.Equal(0, await host.ShellAsync("web1", "config", "set", "PRIORITY=2"));
        await host.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await host.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken));

        Assert.Single(Directory.GetFiles(log, "journal-*.jsonl"));
        var entries = (await host.Get<AuditService>().QueryAsync(new AuditFilter { VServer = "web1" }, cancellationToken: TestContext.Current.CancellationToken)).Entries.OrderBy(e => e.Sequence).ToList();
        Assert.Equal(["PRIORITY=1", "PRIORITY=1", "PRIORITY=2", "PRIORITY=2"], entries.Select(e => e.Command.Split(' ')[^1]));
    }

    [Fact]
    public async Task Start_OfATreeThatCannotRun_FailsAsAJobThatIsFollowedAndRecorded()
    {
        await using var host = await RealHost.StartAsync();
        host.Write("web1", "S_CONTEXT=not-a-number\n");
        await SeenAsync(host, "web1");

        var job = await host.Get<LifecycleService>().StartAsync(s_web1, TestCore.Alice, TestContext.Current.CancellationToken);
        var last = await host.Get<JobService>().FollowAsync(job.Id, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken);

        var problem = Assert.IsType<ProblemEvent>(last);
        Assert.NotEqual(ProblemCode.Internal, problem.Code);
        var audit = host.Get<AuditService>();
        await Eventually.TrueAsync(async () => (await audit.OperationAsync(job.Id)).Count == 2, "the end is recorded");
        var ended = (await audit.OperationAsync(job.Id, TestContext.Current.CancellationToken))[1];
        Assert.Equal((OperationOutcome.Failed, problem.Code, "alice", "192.0.2.7"), (ended.Outcome, ended.ProblemCode, ended.User, ended.Address));
        Assert.Equal(JobState.Failed, (await host.Get<JobService>().ShowAsync(job.Id, TestContext.Current.CancellationToken)).State);
        Assert.Equal(job.Id, Assert.Single(await host.Get<JobService>().ListAsync(TestContext.Current.CancellationToken)).Id);
        Assert.Equal(ProblemCode.NotFound, (await Assert.ThrowsAsync<HostProblemException>(() => host.Get<JobService>().ShowAsync(new string('0', 32)))).Code);
    }

    [Fact]
    public async Task Create_EmptyTree_IsBuiltAssignedAndDeleted()
    {
        await using var host = await RealHost.StartAsync();
        var tenant = await host.Get<TenantService>().CreateAsync("Example Ltd", TestCore.Alice, TestContext.Current.CancellationToken);
        var request = new CreateRequest { Method = BuildMethod.Skeleton, Name = "web1", Description = "--json", MemoryLimitBytes = 64 << 20, StartAfterwards = false };
        var creation = host.Get<CreationService>();
        Assert.Contains(await creation.SourcesAsync(TestContext.Current.CancellationToken), s => s.Method is BuildMethod.Skeleton);
        var plan = await creation.PlanAsync(request, TestContext.Current.CancellationToken);
        Assert.Empty(plan.Problems);
        Assert.NotEmpty(plan.Steps);

        var created = await creation.CreateAsync(request, TestCore.Alice, tenant.Id, TestContext.Current.CancellationToken);
        var last = await host.Get<JobService>().FollowAsync(created.Build.Id, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken);

        Assert.IsType<ResultEvent>(last);
        await SeenAsync(host, "web1");
        var entry = host.Get<VServerDirectory>().Find(s_web1)!;
        Assert.Equal(("--json", 64L << 20, VServerState.Stopped), (entry.Status.Description, entry.Status.MemoryLimitBytes, entry.Status.State));
        await Eventually.TrueAsync(async () => (await host.Get<TenantService>().OfVServerAsync(entry.Id)) == tenant, "it belongs to its tenant");
        var status = (await host.Get<TenantStatusService>().GetAsync(tenant.Id, TestContext.Current.CancellationToken))!;
        Assert.Equal(["Created by hosting staff"], Assert.Single(status.VServers).Events.Select(e => e.Text));

        var deleted = await host.Get<LifecycleService>().DeleteAsync(s_web1, "web1", forGood: true, TestCore.Alice, TestContext.Current.CancellationToken);
        Assert.IsType<ResultEvent>(await host.Get<JobService>().FollowAsync(deleted.Id, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken));
        await Eventually.TrueAsync(() => host.Get<VServerDirectory>().Find(s_web1) is null, "it is gone");
    }

    [Fact]
    public async Task Create_KilledHalfWay_IsRolledBackToldAndCanBeDoneAgain()
    {
        await using var host = await RealHost.StartAsync();
        var request = new CreateRequest { Method = BuildMethod.Skeleton, Name = "web1", StartAfterwards = false };
        host.KillAt(2);
        var created = await host.Get<CreationService>().CreateAsync(request, TestCore.Alice, cancellationToken: TestContext.Current.CancellationToken);
        host.KillAt(null);
        var audit = host.Get<AuditService>();

        await Eventually.TrueAsync(async () => (await audit.OperationAsync(created.Build.Id)).Count == 2, "the end is recorded");

        var ended = (await audit.OperationAsync(created.Build.Id, TestContext.Current.CancellationToken))[1];
        Assert.Equal((OperationOutcome.RolledBack, AuditOrigin.Host, "alice"), (ended.Outcome, ended.Origin, ended.User));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(host.Prefix, "vservers")));
        created = await host.Get<CreationService>().CreateAsync(request, TestCore.Alice, cancellationToken: TestContext.Current.CancellationToken);
        Assert.IsType<ResultEvent>(await host.Get<JobService>().FollowAsync(created.Build.Id, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Info_OfThisMachine_IsRead()
    {
        await using var host = await RealHost.StartAsync();
        var report = await host.Get<HostService>().InfoAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(report.Processors > 0 && report.MemoryBytes > 0 && report.Capabilities.Count > 0);
    }

    [Fact]
    public async Task Stop_OfThePanel_LeavesNoFollowerBehind()
    {
        await using var host = await RealHost.StartAsync();
        host.Write("web1", "");
        await SeenAsync(host, "web1");
        Assert.NotEmpty(host.Processes());

        await host.StopAsync();

        await Eventually.TrueAsync(() => host.Processes().Count == 0, "the stream's process ends");
    }

    private static Task SeenAsync(RealHost host, string name) =>
        Eventually.TrueAsync(() => host.Get<VServerDirectory>().Find(VServerName.Parse(name)) is not null, $"the directory knows {name}");

    private static async Task<IReadOnlyList<ConfFinding>> FindingsAsync(ConfigurationService configuration, string text) =>
        (await configuration.CheckAsync(s_web1, text, TestContext.Current.CancellationToken)).Findings;
}
