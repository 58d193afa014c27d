using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Tenants;

public class TenantServiceTests
{
    [Fact]
    public async Task Create_NameOfAnother_IsRefusedInAnyCase()
    {
        await using var core = await TestCore.CreateAsync();
        var tenants = core.Get<TenantService>();
        await tenants.CreateAsync(" Example ", TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal(ProblemCode.AlreadyExists, (await Assert.ThrowsAsync<HostProblemException>(() => tenants.CreateAsync("EXAMPLE", TestCore.Alice))).Code);
        Assert.Equal(ProblemCode.InvalidArgument, (await Assert.ThrowsAsync<HostProblemException>(() => tenants.CreateAsync(" ", TestCore.Alice))).Code);
        Assert.Equal("Example", Assert.Single(await tenants.ListAsync(TestContext.Current.CancellationToken)).Name);
    }

    [Fact]
    public async Task Assign_VServerOfAnother_TakesItFromHim()
    {
        await using var core = await LiveAsync("web1");
        var tenants = core.Get<TenantService>();
        var (one, two) = (await tenants.CreateAsync("One", TestCore.Alice), await tenants.CreateAsync("Two", TestCore.Alice));
        var id = Statuses.IdOf("web1");

        await tenants.AssignAsync(one.Id, id, TestCore.Alice, TestContext.Current.CancellationToken);
        await tenants.AssignAsync(two.Id, id, TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Empty((await tenants.FindAsync(one.Id, TestContext.Current.CancellationToken))!.VServerIds);
        Assert.Equal(two, await tenants.OfVServerAsync(id, TestContext.Current.CancellationToken));
        Assert.Equal(two, (await tenants.AssignmentsAsync(TestContext.Current.CancellationToken))[id]);
        await tenants.UnassignAsync(id, TestCore.Alice, TestContext.Current.CancellationToken);
        Assert.Null(await tenants.OfVServerAsync(id, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<HostProblemException>(() => tenants.AssignAsync(one.Id, Guid.NewGuid(), TestCore.Alice));
    }

    [Fact]
    public async Task Links_OfATenant_OpenHisPageUntilRevokedOrExpired()
    {
        await using var core = await TestCore.CreateAsync();
        var tenants = core.Get<TenantService>();
        var tenant = await tenants.CreateAsync("One", TestCore.Alice, TestContext.Current.CancellationToken);
        var first = await tenants.CreateLinkAsync(tenant.Id, "For Bob", TimeSpan.FromDays(30), TestCore.Alice, TestContext.Current.CancellationToken);
        var second = await tenants.CreateLinkAsync(tenant.Id, "", TimeSpan.FromDays(60), TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Equal(43, first.Token.Length);
        Assert.NotEqual(first.Token, second.Token);
        Assert.Equal(tenant, await tenants.RedeemAsync(first.Token, TestContext.Current.CancellationToken));
        var links = (await tenants.FindAsync(tenant.Id, TestContext.Current.CancellationToken))!.Links;
        Assert.NotNull(links.Single(l => l.Id == first.Link.Id).LastUsedAt);
        Assert.Null(links.Single(l => l.Id == second.Link.Id).LastUsedAt);

        await tenants.RevokeLinkAsync(first.Link.Id, TestCore.Alice, TestContext.Current.CancellationToken);
        Assert.Null(await tenants.RedeemAsync(first.Token, TestContext.Current.CancellationToken));
        Assert.Equal(tenant, await tenants.RedeemAsync(second.Token, TestContext.Current.CancellationToken));
        core.Time.Advance(TimeSpan.FromDays(61));
        Assert.Null(await tenants.RedeemAsync(second.Token, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Redeem_UnknownToken_OpensNothing(string token)
    {
        await using var core = await TestCore.CreateAsync();

        Assert.Null(await core.Get<TenantService>().RedeemAsync(token, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task CreateLink_Token_IsStoredNowhere()
    {
        await using var core = await TestCore.CreateAsync();
        var tenants = core.Get<TenantService>();
        var tenant = await tenants.CreateAsync("One", TestCore.Alice, TestContext.Current.CancellationToken);

        var link = await tenants.CreateLinkAsync(tenant.Id, "x", TimeSpan.FromDays(1), TestCore.Alice, TestContext.Current.CancellationToken);

        // a write-ahead log goes with its last connection, and what was in it is in its database then: that is read behind it
        foreach (var file in Directory.GetFiles(core.DataDirectory).OrderDescending(StringComparer.Ordinal))
        {
            var content = await ReadAsync(file);
            Assert.True(content.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(link.Token)) < 0, $"the token stands in {file}");
        }

        static async Task<byte[]> ReadAsync(string file)
        {
            try
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var content = new MemoryStream();
                await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
                return content.ToArray();
            }
            catch (FileNotFoundException) when (file.EndsWith("-wal", StringComparison.Ordinal) || file.EndsWith("-shm", StringComparison.Ordinal))
            {
                return [];
            }
        }
    }

    [Fact]
    public async Task Delete_Tenant_TakesLinksAccountsAndAssignmentsAlong()
    {
        await using var core = await LiveAsync("web1");
        var tenants = core.Get<TenantService>();
        var tenant = await tenants.CreateAsync("One", TestCore.Alice, TestContext.Current.CancellationToken);
        var link = await tenants.CreateLinkAsync(tenant.Id, "x", TimeSpan.FromDays(1), TestCore.Alice, TestContext.Current.CancellationToken);
        await tenants.AssignAsync(tenant.Id, Statuses.IdOf("web1"), TestCore.Alice, TestContext.Current.CancellationToken);
        await tenants.AddUserAsync(tenant.Id, "u9", "dave", TestCore.Alice, TestContext.Current.CancellationToken);
        Assert.Equal(tenant, await tenants.OfUserAsync("u9", TestContext.Current.CancellationToken));

        await tenants.DeleteAsync(tenant.Id, TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Null(await tenants.RedeemAsync(link.Token, TestContext.Current.CancellationToken));
        Assert.Null(await tenants.OfUserAsync("u9", TestContext.Current.CancellationToken));
        Assert.Empty(await tenants.AssignmentsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Changes_Each_AreInTheHistory()
    {
        await using var core = await LiveAsync("web1");
        var tenants = core.Get<TenantService>();
        var tenant = await tenants.CreateAsync("One", TestCore.Alice);
        await tenants.RenameAsync(tenant.Id, "Uno", TestCore.Alice);
        await tenants.AssignAsync(tenant.Id, Statuses.IdOf("web1"), TestCore.Alice);
        await tenants.UnassignAsync(Statuses.IdOf("web1"), TestCore.Alice);
        await tenants.AddUserAsync(tenant.Id, "u9", "dave", TestCore.Alice);
        await tenants.RemoveUserAsync("u9", "dave", TestCore.Alice);
        var link = await tenants.CreateLinkAsync(tenant.Id, "x", TimeSpan.FromDays(1), TestCore.Alice);
        await tenants.RevokeLinkAsync(link.Link.Id, TestCore.Alice);
        await tenants.DeleteAsync(tenant.Id, TestCore.Alice);

        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter())).Entries.OrderBy(e => e.Sequence).ToList();

        Assert.Equal(["create-tenant", "rename-tenant", "assign", "unassign", "add-tenant-user", "remove-tenant-user", "create-link", "revoke-link", "delete-tenant"], entries.Select(e => e.Operation));
        Assert.All(entries, e => Assert.Equal(("alice", AuditPhase.Event, OperationOutcome.Succeeded), (e.User, e.Phase, e.Outcome)));
        Assert.DoesNotContain(entries, e => e.Detail!.Contains(link.Token, StringComparison.Ordinal));
    }

    private static async Task<TestCore> LiveAsync(params string[] names)
    {
        var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        foreach (var name in names)
        {
            watch.Say(Statuses.Stopped(name));
        }

        watch.SnapshotComplete();
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Connection.State is DirectoryConnection.Live, "the directory is live");
        return core;
    }
}
