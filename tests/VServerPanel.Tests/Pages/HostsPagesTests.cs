using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Hosts;
using VServerPanel.Components.Layout;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class HostsPagesTests : PagesContext
{
    private const string Address = "192.0.2.7";

    private readonly HostOfVServers _other = new("root2", VServer("far1", VServerState.Running, "192.0.2.20", "Far away"), VServer("far2", VServerState.Stopped));

    private Fleet Fleet => Services.GetRequiredService<Fleet>();

    [Fact]
    public async Task Add_ThroughAllSteps_ShowsKeyFingerprintAndReport_AndAdds()
    {
        await StartAsync(Roles.Administrator, new HostOfVServers(VServer("web1", VServerState.Running)));
        Transport.Hosts[Address] = _other.Command;
        var page = Render<AddHostPage>();
        page.WaitForAssertion(() => Assert.Equal($"vserver-setup --allow-panel '{FakeTransport.PublicKey}'", page.Find("#allow-command").TextContent));
        Assert.True(Next(page).HasAttribute("disabled"));

        await page.TypeAsync("#name", "root2");
        await page.TypeAsync("#address", "192.0.2.99");
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("No sshd answers at 192.0.2.99", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        await page.TypeAsync("#address", Address);
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.StartsWith("SHA256:", page.Find("#fingerprint").TextContent, StringComparison.Ordinal));
        Assert.Contains("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", page.Markup, StringComparison.Ordinal);
        Assert.True(Next(page).HasAttribute("disabled"));
        await page.SetAsync("input[type=checkbox]", true);
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("BPF in the security hooks", page.Markup, StringComparison.Ordinal));
        Assert.Null(Fleet.Find("root2"));
        await page.SubmitFormAsync();
        await Eventually.TrueAsync(() => Fleet.Find("root2")?.Directory.Snapshot.Connection.State is DirectoryConnection.Live, "it is one of the panel's");
        var history = await Fleet.Own.Get<AuditService>().QueryAsync(new AuditFilter { User = "anna" }, cancellationToken: Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(["host-add", "host-pin-key"], history.Entries.Select(e => e.Operation));
    }

    [Fact]
    public async Task Add_RoleTakenAwayMeanwhile_IsRefused()
    {
        await StartAsync(Roles.Administrator);
        Transport.Hosts[Address] = _other.Command;
        var page = Render<AddHostPage>();
        await page.TypeAsync("#name", "root2");
        await page.TypeAsync("#address", Address);
        await SetRoleAsync(Roles.Operator);

        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("it takes Administrator", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hosts_OneGoesAwayAndComesBack_IsShownAsSuchAndTheOthersAsBefore()
    {
        await StartAsync(Roles.Administrator, new HostOfVServers(VServer("web1", VServerState.Running)));
        await AddAsync();
        var page = Render<HostsPage>();
        page.WaitForAssertion(() => Assert.Equal("1 running, 1 stopped", Cell(page, "root2", 2)));
        page.WaitForAssertion(() => Assert.Equal("vserver 0.1.0", Cell(page, "root2", 3)));
        Assert.Contains("/on/root2/", page.FindAll("tbody a").Select(a => a.GetAttribute("href")));

        _other.IsUp = false;
        page.WaitForAssertion(() => Assert.Contains("no route to host", Cell(page, "root2", 1), StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        Assert.StartsWith("Unreachable", Cell(page, "root2", 1), StringComparison.Ordinal);
        Assert.Contains("as last known", Cell(page, "root2", 2), StringComparison.Ordinal);
        Assert.Equal("Reachable", Cell(page, "host1", 1));

        _other.IsUp = true;
        page.WaitForAssertion(() => Assert.Equal("Reachable", Cell(page, "root2", 1)), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Hosts_AsOperator_CannotAddOrRemove()
    {
        await StartAsync(Roles.Operator);
        await AddAsync();
        var page = Render<HostsPage>();
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("tbody tr").Count));
        Assert.DoesNotContain("hosts/add", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("button[aria-label^='Remove']"));
    }

    [Fact]
    public async Task Hosts_Remove_AsksFirst()
    {
        await StartAsync(Roles.Administrator);
        await AddAsync();
        var page = Render<HostsPage>();
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("button[aria-label='Remove root2']")));

        var asked = page.ClickOnAsync("button[aria-label='Remove root2']");
        // without the key it would lock out the other panels
        Dialogs.WaitForAssertion(() => Assert.Equal($"vserver-setup --deny-panel '{FakeTransport.PublicKey}'", Dialogs.Find("#deny-command").TextContent));
        Assert.NotNull(Fleet.Find("root2"));
        await AnswerAsync("Remove");
        await asked;

        Assert.Null(Fleet.Find("root2"));
        page.WaitForAssertion(() => Assert.Single(page.FindAll("tbody tr")));
    }

    [Fact]
    public async Task Hosts_Rename_ShowsTheLabelAndKeepsTheAddress()
    {
        await StartAsync(Roles.Administrator);
        await AddAsync();
        var page = Render<HostsPage>();
        var switcher = Render<HostSwitcher>();
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("button[aria-label='Rename root2']")));
        await page.ClickOnAsync("button[aria-label='Rename root2']");
        Dialogs.WaitForAssertion(() => Assert.Equal("root2", Dialogs.Find("#host-label").GetAttribute("value")));
        await Dialogs.TypeAsync("#host-label", "HOST1");
        await Dialogs.SubmitFormAsync("#host-label-form");
        Dialogs.WaitForAssertion(() => Assert.Contains("Give this one another label", Dialogs.Markup, StringComparison.Ordinal));
        await Dialogs.TypeAsync("#host-label", "Paris, rack 3");
        await Dialogs.SubmitFormAsync("#host-label-form");

        page.WaitForAssertion(() => Assert.Equal("/on/root2/", page.FindAll("tbody a").Single(a => a.TextContent == "Paris, rack 3").GetAttribute("href")));
        switcher.WaitForAssertion(() => Assert.Contains("Paris, rack 3", switcher.FindAll("li a").Select(a => a.TextContent.Trim())), TimeSpan.FromSeconds(10));
        var entries = (await Fleet.Own.Get<AuditService>().QueryAsync(new AuditFilter { Operation = "host-rename" }, cancellationToken: Xunit.TestContext.Current.CancellationToken)).Entries;
        Assert.Equal("anna: The host root2 is shown as Paris, rack 3 from now on, before as root2.", $"{Assert.Single(entries).User}: {entries[0].Detail}");
    }

    [Fact]
    public async Task Hosts_SwitchOff_AsksFirst_ThenNothingIsAskedOfItUntilItIsOnAgain()
    {
        await StartAsync(Roles.Administrator);
        await AddAsync();
        var page = Render<HostsPage>();
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("button[aria-label='Switch root2 off']")));
        var asked = page.ClickOnAsync("button[aria-label='Switch root2 off']");
        Dialogs.WaitForAssertion(() => Assert.Contains("Switch off", Dialogs.FindAll(".mud-dialog button").Select(b => b.TextContent.Trim())));
        Assert.False(Fleet.Find("root2")!.IsOff);
        await AnswerAsync("Switch off");
        await asked;

        page.WaitForAssertion(() => Assert.StartsWith("Switched off", Cell(page, "root2", 1), StringComparison.Ordinal));
        Assert.True(Fleet.Find("root2")!.IsOff);
        var all = Render<AllVServersPage>();
        Assert.Contains("root2 is switched off in this panel.", all.Find("[role=status]").TextContent, StringComparison.Ordinal);
        await page.ClickOnAsync("button[aria-label='Switch root2 on']");
        page.WaitForAssertion(() => Assert.Equal("Reachable", Cell(page, "root2", 1)), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task All_ShowsVServersOfEveryHost_AndSaysWhichIsAway()
    {
        await StartAsync(Roles.Auditor, new HostOfVServers(VServer("web1", VServerState.Running)));
        await AddAsync();
        var page = Render<AllVServersPage>();
        page.WaitForAssertion(() => Assert.Equal(["/on/root2/vservers/far1", "/on/root2/vservers/far2", "/vservers/web1"], Links(page)));

        await page.TypeAsync("#search", "ROOT2");
        Assert.Equal(["/on/root2/vservers/far1", "/on/root2/vservers/far2"], Links(page));
        _other.IsUp = false;
        page.WaitForAssertion(() => Assert.Contains("Its 2 vservers are shown as last known", page.Find("[role=status]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        Assert.Equal(2, Links(page).Count());
    }

    [Fact]
    public async Task Switcher_OwnHostOnly_IsNotThere_AndWithOthersNamesThem()
    {
        await StartAsync(Roles.Auditor);
        var switcher = Render<HostSwitcher>();
        Assert.Empty(switcher.FindAll("details"));
        await AddAsync();
        switcher.WaitForAssertion(() => Assert.Equal(["/", "/on/root2/", "all"], switcher.FindAll("li a").Select(a => a.GetAttribute("href"))), TimeSpan.FromSeconds(30));
        Assert.Equal("host1", switcher.Find("summary .vp-hosts-name").TextContent);
        _other.IsUp = false;
        switcher.WaitForAssertion(() => Assert.Equal("1 away", switcher.Find(".vp-hosts-away").TextContent), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Audit_WithTwoHosts_HasTheirColumnAndFilter()
    {
        await StartAsync(Roles.Administrator, new HostOfVServers(VServer("web1", VServerState.Running)));
        await AddAsync();
        _other.RunsJobs("vserver far2 start");
        await Fleet.Find("root2")!.Get<LifecycleService>().StartAsync(VServerName.Parse("far2"), new VServerPanel.Core.Caller("u1", "anna", null), Xunit.TestContext.Current.CancellationToken);

        Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().NavigateTo("audit?host=root2");
        var page = Render<AuditHistoryPage>();

        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("td[data-label=Host]")));
        Assert.All(page.FindAll("td[data-label=Host]"), c => Assert.Equal("root2", c.TextContent));
        Assert.Equal(["", "host1", "root2"], page.FindAll("#host option").Select(o => o.GetAttribute("value")));
        await page.ClickOnAsync("button.vp-open");
        Assert.StartsWith("/on/root2/jobs/", page.FindAll(".vp-drawer a").Single(a => a.TextContent == "To its job").GetAttribute("href"), StringComparison.Ordinal);
    }

    private Task AddAsync() => AddHostAsync(_other, Address);

    private static IElement Next(IRenderedComponent<AddHostPage> page) => page.Find("button[type=submit]");

    private static IEnumerable<string?> Links(IRenderedComponent<AllVServersPage> page) => page.FindAll("a").Select(a => a.GetAttribute("href")).Where(h => h!.Contains("vservers/", StringComparison.Ordinal));

    private static string Cell(IRenderedComponent<HostsPage> page, string host, int column) =>
        string.Join(' ', page.FindAll("tbody tr").Single(r => r.QuerySelector("a")!.TextContent == host).Children[column].TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
