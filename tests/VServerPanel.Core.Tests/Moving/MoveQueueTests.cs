using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Storage;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public sealed class MoveQueueTests
{
    private static readonly MoveRequest s_request = new("host2") { Bandwidth = 1_000_000 };
    private static readonly VServerName[] s_names = [.. new[] { "web1", "web2", "web3" }.Select(VServerName.Parse)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runner_Limit_IsKeptAndTheNextBeginsWhenOneEnds()
    {
        var host = Host();
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 2);
        await LookAsync(core);
        await LookAsync(core);
        Assert.Equal(["vserver web1 move --to host2 --bandwidth 1000000 --keep 7", "vserver web2 move --to host2 --bandwidth 1000000 --keep 7"], Begun(core));

        await EndAsync(core, host, "web1", new ResultEvent());
        await LookAsync(core);

        Assert.Equal(3, Begun(core).Count());
        Assert.Equal(
            [("web2", QueuedMoveState.Asked), ("web3", QueuedMoveState.Asked), ("web1", QueuedMoveState.Succeeded)],
            (await ListAsync(core)).Select(m => (m.VServer.Value, m.State)));
        Assert.All((await ListAsync(core)).Select(m => m.JobId), id => Assert.Contains(id, host.JobIds));
    }

    [Fact]
    public async Task Runner_EachMove_IsInTheHistoryAsHisWhoQueuedIt()
    {
        var host = Host();
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 1);
        await LookAsync(core);

        var first = (await ListAsync(core))[0];
        var asked = (await core.Get<AuditService>().OperationAsync(first.JobId, Cancel))[0];
        Assert.Equal(("move", "web1", "alice", "192.0.2.7"), (asked.Operation, asked.VServer, asked.User, asked.Address));
        var queued = (await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: Cancel)).Entries.Single(e => e.Operation == "move-queue");
        Assert.Equal("web1, web2, web3 to host2, 1 at a time.", queued.Detail);
    }

    [Fact]
    public async Task Runner_OneFails_ThoseUnderWayGoOnAndTheOthersAreHeldUntilAWord()
    {
        var host = Host();
        await using var core = await StartAsync(host);
        var batch = await QueueAsync(core, atOnce: 2);
        await LookAsync(core);
        await EndAsync(core, host, "web1", new ProblemEvent(ProblemCode.NoSpace, "host2 is full."));
        await LookAsync(core);
        await LookAsync(core);

        Assert.Equal([QueuedMoveState.Failed, QueuedMoveState.Asked, QueuedMoveState.Held], (await ListAsync(core)).OrderBy(m => m.VServer.Value, StringComparer.Ordinal).Select(m => m.State));
        Assert.Equal("host2 is full.", (await ListAsync(core)).Single(m => m.State is QueuedMoveState.Failed).Problem);
        Assert.Contains("web1", (await ListAsync(core)).Single(m => m.State is QueuedMoveState.Held).Problem, StringComparison.Ordinal);
        Assert.Equal(2, Begun(core).Count());

        await core.Get<MoveQueueService>().GoOnAsync(batch, TestCore.Alice);
        await LookAsync(core);
        Assert.Equal(3, Begun(core).Count());
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveQueueService>().GoOnAsync(batch, TestCore.Alice));
    }

    [Fact]
    public async Task Retry_OfOneThatFailed_IsQueuedAgainAsItWasAskedFor_ButNotTwice()
    {
        var host = Host();
        host.Host.On("vserver web1 move", new ProblemEvent(ProblemCode.Busy, "Another operation holds web1."));
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 1);
        await LookAsync(core);
        var failed = (await ListAsync(core)).Single(m => m.State is QueuedMoveState.Failed);

        await core.Get<MoveQueueService>().RetryAsync(failed.JobId, TestCore.Alice);
        Assert.Equal(ProblemCode.AlreadyExists, (await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveQueueService>().RetryAsync(failed.JobId, TestCore.Alice))).Code);

        var again = (await ListAsync(core)).Single(m => m.State is QueuedMoveState.Waiting);
        Assert.Equal((failed.VServerId, failed.Request, failed.BatchId, 1), (again.VServerId, again.Request, again.BatchId, again.AtOnce));
        Assert.NotEqual(failed.JobId, again.JobId);
        Assert.Equal(ProblemCode.Conflict, (await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveQueueService>().RetryAsync(again.JobId, TestCore.Alice))).Code);
    }

    [Fact]
    public async Task Add_ToSeveralHosts_EachGoesToItsOwn()
    {
        await using var core = await StartAsync(Host());
        await core.Get<MoveQueueService>().AddAsync([new MoveOrder(s_names[0], s_request), new MoveOrder(s_names[1], s_request with { To = "host3" })], 2, TestCore.Alice, Cancel);
        await LookAsync(core);
        Assert.Equal(["host2", "host3"], core.Host.Requests.Where(r => r.Detach).Select(r => r.Words[4]));
        var entry = Assert.Single((await core.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: Cancel)).Entries, e => e.Operation == "move-queue");
        Assert.Equal("web1 to host2; web2 to host3, 2 at a time.", entry.Detail);
    }

    [Fact]
    public async Task Runner_RefusedAtOnce_HoldsTheOthers()
    {
        var host = Host();
        host.Host.On("vserver web1 move", new ProblemEvent(ProblemCode.Busy, "Another operation holds web1."));
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 1);
        await LookAsync(core);

        Assert.Equal([QueuedMoveState.Held, QueuedMoveState.Held, QueuedMoveState.Failed], (await ListAsync(core)).Select(m => m.State));
        Assert.Single(Begun(core));
    }

    [Fact]
    public async Task Cancel_NotBegun_IsTakenOut_ButNotOneThatHasBegun()
    {
        var host = Host();
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 1);
        await LookAsync(core);
        var queue = await ListAsync(core);

        await core.Get<MoveQueueService>().CancelAsync(queue[1].JobId, TestCore.Alice, Cancel);
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveQueueService>().CancelAsync(queue[0].JobId, TestCore.Alice));
        Assert.Equal(ProblemCode.Conflict, refused.Code);
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<MoveQueueService>().CancelAsync(queue[1].JobId, TestCore.Alice));

        await EndAsync(core, host, "web1", new ResultEvent());
        await LookAsync(core);
        Assert.Equal(["web1", "web3"], Begun(core).Select(c => c.Split(' ')[1]));
    }

    [Fact]
    public async Task Add_WaitsAlready_QueuesNone()
    {
        await using var core = await StartAsync(Host());
        await core.Get<MoveQueueService>().AddAsync([s_names[2]], s_request, 1, TestCore.Alice, Cancel);

        // as a second tab does that was opened before
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => QueueAsync(core, atOnce: 1));

        Assert.Equal(ProblemCode.AlreadyExists, refused.Code);
        Assert.Equal("web3", Assert.Single(await ListAsync(core)).VServer.Value);
    }

    [Fact]
    public async Task Add_NoneOrTwiceOrGone_IsRefused()
    {
        await using var core = await StartAsync(Host());
        var queue = core.Get<MoveQueueService>();
        await Assert.ThrowsAsync<HostProblemException>(() => queue.AddAsync([], s_request, 1, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => queue.AddAsync([s_names[0], s_names[0]], s_request, 1, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => queue.AddAsync(s_names, s_request, 0, TestCore.Alice));
        await Assert.ThrowsAsync<HostProblemException>(() => queue.AddAsync(s_names, s_request with { To = "" }, 1, TestCore.Alice));
        Assert.Equal(ProblemCode.NotFound, (await Assert.ThrowsAsync<HostProblemException>(() => queue.AddAsync([VServerName.Parse("gone")], s_request, 1, TestCore.Alice))).Code);
        Assert.Empty(await ListAsync(core));
    }

    [Fact]
    public async Task Runner_PanelKilledBeforeItAsked_AsksOnceWithTheSameId()
    {
        var host = Host();
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        try
        {
            string taken;
            await using (var core = await StartAsync(host, directory))
            {
                await QueueAsync(core, atOnce: 1);
                taken = (await ListAsync(core))[0].JobId;

                // as it stands in the database between taking up and asking
                Assert.True(await core.Get<MoveQueueStore>().TurnAsync(taken, QueuedMoveState.Waiting, QueuedMoveState.Asked));
            }

            await using var again = await StartAsync(host, directory);
            await LookAsync(again);
            await LookAsync(again);
            Assert.Equal(taken, Assert.Single(again.Host.Requests, r => r.Detach).JobId);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Runner_PanelKilledWhileOneIsUnderWay_DoesNotAskTwiceAndGoesOn()
    {
        var host = Host();
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        try
        {
            await using (var core = await StartAsync(host, directory))
            {
                await QueueAsync(core, atOnce: 1);
                await LookAsync(core);
            }

            await using var again = await StartAsync(host, directory);
            await LookAsync(again);
            Assert.Single(Begun(again));

            await EndAsync(again, host, "web1", new ResultEvent());
            await LookAsync(again);
            Assert.Equal(["web1", "web2"], Begun(again).Select(c => c.Split(' ')[1]));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Runner_HostUnreachable_BeginsNoneUntilItIsBack()
    {
        var host = Host();
        await using var core = await TestCore.CreateAsync(host.Host);
        await StartDirectoryAsync(core);
        await QueueAsync(core, atOnce: 3);
        await core.Get<InBackground<VServerDirectory>>().StopAsync(Cancel);
        host.Host.OnCall("vserver-stat --watch", (_, _) => Refuse());
        await core.Get<InBackground<VServerDirectory>>().StartAsync(Cancel);
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Connection.State is DirectoryConnection.Unreachable, "the host is known not to answer");

        await LookAsync(core);

        Assert.Empty(Begun(core));
        Assert.All(await ListAsync(core), m => Assert.Equal(QueuedMoveState.Waiting, m.State));
    }

    [Fact]
    public async Task Runner_RenamedOrGoneMeanwhile_IsMovedByItsNewName_OrFails()
    {
        var host = Host();
        await using var core = await StartAsync(host);
        await QueueAsync(core, atOnce: 3);
        await core.Get<InBackground<VServerDirectory>>().StopAsync(Cancel);
        host.Host.OnCall("vserver-stat --watch", (_, stopping) => Watch([Statuses.Running("web2") with { Name = VServerName.Parse("shop2") }, Statuses.Running("web1")], stopping));
        await core.Get<InBackground<VServerDirectory>>().StartAsync(Cancel);
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Entries.Any(e => e.Name.Value == "shop2"), "the new name is known");

        await LookAsync(core);

        Assert.Equal(["web1", "shop2"], Begun(core).Select(c => c.Split(' ')[1]));
        Assert.Contains("not on this host any more", (await ListAsync(core)).Single(m => m.State is QueuedMoveState.Failed).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void QueuedMoveState_Members_KeepTheirNumbers() => Assert.Equal(
        "Waiting=0 Asked=1 Succeeded=2 Failed=3 Cancelled=4 Held=5", string.Join(' ', Enum.GetValues<QueuedMoveState>().Select(s => $"{s}={(int)s}")));

    [Fact]
    public async Task Database_OpenTwice_IsRefusedByItsIndex()
    {
        await using var core = await StartAsync(Host());
        await QueueAsync(core, atOnce: 1);
        await using var database = await core.Get<IDbContextFactory<StateDbContext>>().CreateDbContextAsync(Cancel);
        Assert.Equal(3, await database.QueuedMoves.CountAsync(m => m.EndedAt == null, Cancel));
        var refused = await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => database.Database.ExecuteSqlRawAsync("UPDATE queued_moves SET VServerId = (SELECT VServerId FROM queued_moves WHERE Position = 1) WHERE Position = 2", Cancel));
        Assert.Contains("UNIQUE", refused.Message, StringComparison.Ordinal);
    }

    private static JobHost Host()
    {
        var host = new JobHost();
        host.TakeJobs("vserver ");
        host.Host.OnCall("vserver-stat --watch", (_, stopping) => Watch(s_names.Select(n => Statuses.Running(n.Value)), stopping));
        return host;
    }

    private static async Task<TestCore> StartAsync(JobHost host, string? directory = null)
    {
        var core = await TestCore.CreateAsync(host.Host, directory);
        await StartDirectoryAsync(core);
        return core;
    }

    private static async Task StartDirectoryAsync(TestCore core)
    {
        await core.Get<InBackground<VServerDirectory>>().StartAsync(Cancel);
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Connection.State is DirectoryConnection.Live, "the directory is live");
    }

    private static Task<string> QueueAsync(TestCore core, int atOnce) => core.Get<MoveQueueService>().AddAsync(s_names, s_request, atOnce, TestCore.Alice, Cancel);

    private static Task LookAsync(TestCore core) => core.Get<MoveQueueRunner>().LookAsync(Cancel);

    private static Task<IReadOnlyList<QueuedMove>> ListAsync(TestCore core) => core.Get<MoveQueueService>().ListAsync(cancellationToken: Cancel);

    private static IEnumerable<string> Begun(TestCore core) => core.Host.Requests.Where(r => r.Detach).Select(r => string.Join(' ', r.Words));

    private static async Task EndAsync(TestCore core, JobHost host, string name, WireEvent last)
    {
        var id = (await ListAsync(core)).Single(m => m.VServer.Value == name).JobId;
        host.End(id, last);
        core.Get<JobWatcher>().Watch(id);
        await Eventually.TrueAsync(
            async () => (await core.Get<AuditService>().OperationAsync(id, Cancel)).Any(e => e.Phase is AuditPhase.Ended), "its end is in the history");
    }

    private static async IAsyncEnumerable<WireEvent> Watch(IEnumerable<VServerStatus> vservers, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping)
    {
        yield return new HelloEvent(1, []);
        foreach (var status in vservers)
        {
            yield return FakeHost.Item(ItemKinds.VServer, status);
        }

        yield return FakeHost.Item(ItemKinds.SnapshotComplete, new Dictionary<string, string>());
        await Task.Delay(Timeout.Infinite, stopping);
    }

    private static async IAsyncEnumerable<WireEvent> Refuse()
    {
        await Task.Yield();
        yield return new ProblemEvent(ProblemCode.Unreachable, "No route to host.");
    }
}
