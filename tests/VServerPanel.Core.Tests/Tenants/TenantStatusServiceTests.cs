using System.Text.Json;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Tests.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Tenants;

public class TenantStatusServiceTests
{
    [Fact]
    public async Task Get_TwoTenants_ShowsEachHisOwnInPlainWords()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var started = DateTimeOffset.UtcNow.AddHours(-5);
        watch.Say(Statuses.Running("web1") with
        {
            StartedAt = started,
            Addresses = ["10.0.0.5"],
            ResidentBytes = 1 << 20,
            MemoryLimitBytes = 1 << 30,
            DiskBytes = 5 << 20,
            Hostname = "www",
            JobId = "secret-job",
            Warning = "secret warning of the host",
        });
        watch.Say(Statuses.Stopped("db1"));
        watch.Say(Statuses.Running("other1"));
        watch.SnapshotComplete();
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Entries.Count == 3, "the directory is live");
        var tenants = core.Get<TenantService>();
        var (mine, his) = (await tenants.CreateAsync("Mine", TestCore.Alice), await tenants.CreateAsync("His", TestCore.Alice));
        await tenants.AssignAsync(mine.Id, Statuses.IdOf("web1"), TestCore.Alice);
        await tenants.AssignAsync(mine.Id, Statuses.IdOf("db1"), TestCore.Alice);
        await tenants.AssignAsync(his.Id, Statuses.IdOf("other1"), TestCore.Alice);
        await HistoryAsync(core);

        var status = (await core.Get<TenantStatusService>().GetAsync(mine.Id, TestContext.Current.CancellationToken))!;

        Assert.Equal(("Mine", true), (status.Name, status.IsCurrent));
        Assert.Equal(["db1", "web1"], status.VServers.Select(v => v.Name));
        var web1 = status.VServers[1];
        Assert.Equal(5, Math.Round(web1.Uptime!.Value.TotalHours));
        Assert.Null(status.VServers[0].Uptime);
        Assert.Equal(["10.0.0.5"], web1.Addresses);
        Assert.Equal(
            ["Started with the host", "Stopped from inside", "Could not be started; hosting staff can see why", "Configuration changed by hosting staff", "Started by hosting staff", "Created by hosting staff"],
            web1.Events.Select(e => e.Text));
        var all = JsonSerializer.Serialize(status);
        Assert.All(["alice", "secret", "vserver web1", "other1", "His", "192.0.2.7", "hook"], word => Assert.DoesNotContain(word, all, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_NoSuchTenant_IsNull()
    {
        await using var core = await TestCore.CreateAsync();

        Assert.Null(await core.Get<TenantStatusService>().GetAsync(Guid.NewGuid(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_HostNotReached_SaysThatItIsNotCurrent()
    {
        await using var core = await TestCore.CreateAsync();
        var tenant = await core.Get<TenantService>().CreateAsync("Mine", TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.False((await core.Get<TenantStatusService>().GetAsync(tenant.Id, TestContext.Current.CancellationToken))!.IsCurrent);
    }

    private static Task<int> HistoryAsync(TestCore core)
    {
        var (id, now) = (Statuses.IdOf("web1"), DateTimeOffset.UtcNow);
        (string Operation, OperationOutcome Outcome)[] events =
        [
            ("build", OperationOutcome.Succeeded), ("start", OperationOutcome.Succeeded), ("enter", OperationOutcome.Succeeded), ("configure", OperationOutcome.Succeeded), ("configure", OperationOutcome.Failed),
            ("start", OperationOutcome.Failed), ("halt", OperationOutcome.Succeeded),
        ];
        var drafts = events.Select((e, i) => Drafts.Ended($"{i:d32}") with { Operation = e.Operation, Outcome = e.Outcome, VServerId = id, Time = now.AddMinutes(i), ProblemMessage = "a hook of the staff" }).ToList();

        drafts.Add(Drafts.Ended(new string('d', 32)) with { VServerId = id, Time = now.AddHours(1), Command = "vserver --as vserver-boot start" });

        // the same name, another vserver: of the tenant who had the name before
        drafts.Add(Drafts.Ended(new string('f', 32)) with { Operation = "stop", VServerId = Guid.NewGuid() });
        drafts.Add(Drafts.Asked(new string('e', 32)) with { VServerId = id });
        return core.Get<AuditLog>().AppendAsync(drafts);
    }
}
