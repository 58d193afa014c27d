using System.Net;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Endpoints;

/// <summary>Pages of a host that was added, below /on/HOST/.</summary>
public sealed class OtherHostTests : PanelTest
{
    private readonly HostOfVServers _other = new("root2", VServer("far1", VServerState.Running, "192.0.2.20", "Far away"));

    [Fact]
    public async Task Pages_BelowOn_AreThoseOfThatHost_AndOthersStay()
    {
        using var browser = await OpenAsync(Roles.Administrator);

        var far = await browser.TextAsync("/on/root2/vservers/far1");
        var own = await browser.TextAsync("/vservers/web1");

        Assert.Contains("far1.example.net", far, StringComparison.Ordinal);
        Assert.DoesNotContain("web1", far, StringComparison.Ordinal);
        Assert.Contains("<base href=\"/on/root2/\"", far, StringComparison.Ordinal);
        Assert.Contains("web1.example.net", own, StringComparison.Ordinal);
        Assert.Contains("<base href=\"/\"", own, StringComparison.Ordinal);
        Assert.Contains("There is no vserver", await browser.TextAsync("/on/root2/vservers/web1"), StringComparison.Ordinal);

        // each after the other and at the same time: whose services a request has is its own
        var pages = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => browser.TextAsync(i % 2 == 0 ? "/on/root2/vservers/far1" : "/vservers/web1")));
        Assert.All(pages.Where((_, i) => i % 2 == 0), p => Assert.True(p.Contains("far1.example.net", StringComparison.Ordinal) && !p.Contains("web1", StringComparison.Ordinal)));
        Assert.All(pages.Where((_, i) => i % 2 == 1), p => Assert.True(p.Contains("web1.example.net", StringComparison.Ordinal) && !p.Contains("far1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pages_OfAHostThatIsOff_SaySoAndOfferNoFirstVServer()
    {
        using var browser = await OpenAsync(Roles.Administrator);
        var catalogue = Panel.Services.GetRequiredService<HostCatalogue>();
        await catalogue.SwitchAsync("root2", isOff: true, new VServerPanel.Core.Caller("u1", "alice", null));

        var page = await browser.TextAsync("/on/root2/vservers");
        Assert.Contains("The host root2 is switched off", page, StringComparison.Ordinal);
        Assert.Contains("The host has not told its vservers", page, StringComparison.Ordinal);
        Assert.DoesNotContain("No vservers yet", page, StringComparison.Ordinal);
        Assert.DoesNotContain("switched off", await browser.TextAsync("/vservers"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/on/root2/css/tokens.css", HttpStatusCode.OK)]
    [InlineData("/on/root2/_framework/blazor.web.js", HttpStatusCode.OK)]
    [InlineData("/on/root2/there/is/no/such", HttpStatusCode.NotFound)]
    [InlineData("/on/root2/on/root2/vservers", HttpStatusCode.NotFound)]
    [InlineData("/on/ROOT2/vservers", HttpStatusCode.NotFound)]
    [InlineData("/on/gone/vservers", HttpStatusCode.NotFound)]
    [InlineData("/on/", HttpStatusCode.NotFound)]
    [InlineData("/on//vservers", HttpStatusCode.NotFound)]
    [InlineData("/on/root2", HttpStatusCode.Redirect)]
    public async Task Addresses_BelowOn_AreFoundOrNot(string address, HttpStatusCode status)
    {
        using var browser = await OpenAsync(Roles.Auditor);
        using var answer = await browser.GetAsync(address);

        Assert.Equal(status, answer.StatusCode);
        if (status == HttpStatusCode.NotFound)
        {
            // the way back leads to a page that there is
            Assert.Contains("<base href=\"/\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Stranger_IsSentToTheOneSignIn_WhetherThereIsSuchAHostOrNot()
    {
        using var staff = await OpenAsync(Roles.Auditor);
        using var browser = Panel.Open();
        foreach (var host in (string[])["root2", "gone"])
        {
            using var page = await browser.GetAsync($"/on/{host}/vservers?state=running");
            using var style = await browser.GetAsync($"/on/{host}/css/tokens.css");
            using var circuit = await browser.PostAsync($"/on/{host}/_blazor/negotiate?negotiateVersion=1");

            Assert.Equal($"/sign-in?returnUrl=%2Fon%2F{host}%2Fvservers%3Fstate%3Drunning", page.Destination());
            Assert.Equal(HttpStatusCode.OK, style.StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, circuit.StatusCode);
        }
    }

    [Theory]
    [InlineData(Roles.Tenant)]
    [InlineData(Roles.Operator)]
    public async Task Roles_CountOnEveryHost(string role)
    {
        using var browser = await OpenAsync(role);
        foreach (var (page, needs) in new[] { ("vservers", Policies.Read), ("create", Policies.Operate), ("audit", Policies.Audit), ("hosts", Policies.Operate), ("hosts/add", Policies.Administer), ("users", Policies.Administer) })
        {
            using var answer = await browser.GetAsync($"/on/root2/{page}");
            Assert.Equal(Policies.RolesOf(needs).Contains(role) ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.DoesNotContain("web1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Tenant_WithVServersOnTwoHosts_SeesBothOnHisPage()
    {
        using var staff = await OpenAsync(Roles.Administrator);
        var tenants = Panel.Services.GetRequiredService<VServerPanel.Core.Tenants.TenantService>();
        var alice = new VServerPanel.Core.Caller("u1", "alice", null);
        var acme = await tenants.CreateAsync("Acme", alice, TestContext.Current.CancellationToken);
        await tenants.AssignAsync(acme.Id, VServer("web1", VServerState.Running).Id, alice, TestContext.Current.CancellationToken);
        await tenants.AssignAsync(acme.Id, VServer("far1", VServerState.Running).Id, alice, TestContext.Current.CancellationToken);
        var link = await tenants.CreateLinkAsync(acme.Id, "", TimeSpan.FromDays(1), alice, TestContext.Current.CancellationToken);

        using var browser = Panel.Open();
        var page = await browser.TextAsync($"/s/{link.Token}");

        Assert.Contains("far1", page, StringComparison.Ordinal);
        Assert.Contains("web1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("mail1", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removed_ItsPagesAreGone_AndItsHistoryStays()
    {
        using var browser = await OpenAsync(Roles.Administrator);
        await Panel.Services.GetRequiredService<HostCatalogue>().RemoveAsync("root2", new VServerPanel.Core.Caller("u1", "alice", null), TestContext.Current.CancellationToken);

        using var answer = await browser.GetAsync("/on/root2/vservers");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var history = await Panel.Services.GetRequiredService<Fleet>().Own.Get<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["host-remove", "host-add", "host-pin-key"], history.Entries.Where(e => e.Operation.StartsWith("host-", StringComparison.Ordinal)).Select(e => e.Operation));
        Assert.Contains("SHA256:", history.Entries.Single(e => e.Operation == "host-pin-key").Detail, StringComparison.Ordinal);
    }

    private async Task<PanelBrowser> OpenAsync(string role)
    {
        var browser = await Panel.OpenAsync(role);
        await Panel.AddHostAsync(_other);
        var fleet = Panel.Services.GetRequiredService<Fleet>();
        await Eventually.TrueAsync(() => fleet.All.Count == 2 && fleet.States.All(s => s.Connection.State is DirectoryConnection.Live), "both hosts answer");
        return browser;
    }
}
