using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Packages;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class PackagesPageTests : PagesContext
{
    [Fact]
    public async Task List_OneRowPerPackage_VServersByVersion()
    {
        await StartAsync(Roles.Auditor, Some());
        var page = await OpenAsync();

        Assert.Equal(["bash", "nginx", "rpm-only"], Names(page));
        var nginx = page.FindAll("tbody tr").Single(r => r.TextContent.Contains("nginx", StringComparison.Ordinal));
        Assert.Equal(["1.22.1-9", "1.20.0-1"], nginx.QuerySelectorAll(".vp-package-version .vp-mono").Select(v => v.TextContent));

        // who has it where there is room for names, and how many have where there is none
        Assert.Equal(["web1", "db1"], nginx.QuerySelectorAll(".vp-package-version .vp-hide-small").Select(v => v.TextContent));
        Assert.Equal(["in 1 vserver", "in 1 vserver"], nginx.QuerySelectorAll(".vp-package-version .vp-only-small").Select(v => v.TextContent));
        Assert.Contains("1.22.1-9+deb12u1", nginx.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("a[href='packages/upgrade']"));
    }

    [Fact]
    public async Task SearchAndFilters_ArrangeTheRows()
    {
        await StartAsync(Roles.Operator, Some());
        var page = await OpenAsync();
        await page.ClickOnStartAsync(".vp-chip", "Can be upgraded");
        Assert.Equal(["nginx"], Names(page));
        await page.ClickOnStartAsync(".vp-chip", "Differs");
        Assert.Equal(["nginx"], Names(page));
        await page.ClickOnStartAsync(".vp-chip", "All");
        await page.TypeAsync("#package-search", "5.2");
        Assert.Equal(["bash"], Names(page));
        await page.TypeAsync("#package-search", "nothing like it");
        Assert.Contains("Nothing matches", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Package_Opened_ShowsAllVServers()
    {
        await StartAsync(Roles.Operator, Some());
        var page = await OpenAsync();
        _ = page.ClickOnAsync(".vp-open", "nginx");
        Dialogs.WaitForAssertion(() => Assert.Contains("in 2 of 3 vservers", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("Not in old1", Dialogs.Markup, StringComparison.Ordinal);
        Assert.Contains(Dialogs.FindAll("a"), a => a.GetAttribute("href") == "packages/upgrade?package=nginx");
    }

    [Fact]
    public async Task List_NoPackages_SaysWhatToDo()
    {
        var host = new HostOfVServers();
        host.Command.On("vcheck --packages", new HelloEvent(1, []), new ResultEvent());
        await StartAsync(Roles.Operator, host);
        var page = Render<PackagesPage>();
        page.WaitForAssertion(() => Assert.Contains("No packages", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task LookForUpgrades_RunsInThoseWithDpkg()
    {
        await StartAsync(Roles.Operator, Some());
        Host.Command.On("vapt", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = await OpenAsync();
        await page.ClickButtonAsync("Look for upgrades");
        page.WaitForAssertion(() => Assert.Contains("vapt db1 web1 -- update", Commands), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task LookForUpgrades_BothKinds_AJobForEach()
    {
        await StartAsync(Roles.Operator, Both());
        Host.Command.On("vapt", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        Host.Command.On("vdnf", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = await OpenAsync();
        await page.ClickButtonAsync("Look for upgrades");
        page.WaitForAssertion(() => Assert.Contains("vdnf fedora1 fedora2 -- makecache --refresh", Commands), TimeSpan.FromSeconds(10));
        Assert.Contains("vapt db1 web1 -- update", Commands);
        page.WaitForAssertion(() => Assert.EndsWith("/jobs", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("vapt", "vdnf fedora1 fedora2 -- makecache --refresh")]
    [InlineData("vdnf", "vapt db1 web1 -- update")]
    public async Task LookForUpgrades_OneKindIsRefused_TheOtherIsStartedAndCanBeSeen(string refused, string other)
    {
        await StartAsync(Roles.Operator, Both());
        foreach (var tool in (string[])["vapt", "vdnf"])
        {
            Host.Command.On(tool, request => tool == refused
                ? [new HelloEvent(1, []), new ProblemEvent(ProblemCode.Busy, "Another one is at it.")]
                : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        }

        var page = await OpenAsync();
        await page.ClickButtonAsync("Look for upgrades");
        page.WaitForAssertion(() => Assert.Contains("Another one is at it.", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains(other, Commands);
        Assert.StartsWith("jobs/", page.Find(".vp-banner a").GetAttribute("href"), StringComparison.Ordinal);
        Assert.DoesNotContain("/jobs", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_BothKinds_OneKindAtATime()
    {
        await StartAsync(Roles.Operator, Both());
        Host.Command.On("vdnf", request => [new HelloEvent(1, []), FakeHost.Result(new OperationPlan([], [], []))]);
        Host.Command.On("vapt", request => [new HelloEvent(1, []), FakeHost.Result(new OperationPlan([], [], []))]);
        Services.GetRequiredService<NavigationManager>().NavigateTo("packages/upgrade?in=web1,fedora1");
        var page = Render<UpgradePage>();
        await Eventually.TrueAsync(() => page.FindAll("#upgrade-web1").Count > 0, "the vservers are shown");
        Assert.Empty(page.FindAll("#upgrade-fedora1"));
        Assert.True(page.Find("#kind-dpkg").HasAttribute("checked"));
        Assert.Contains("1 chosen vserver has the other kind of packages", page.Markup, StringComparison.Ordinal);

        await page.SetAsync("#kind-rpm", "on");
        Assert.Empty(page.FindAll("#upgrade-web1"));
        Assert.True(page.Find("#upgrade-old1").HasAttribute("disabled"));
        Assert.Contains("rpm without dnf", page.Markup, StringComparison.Ordinal);
        Assert.True(page.Find("#upgrade-fedora1").HasAttribute("checked"));
        await page.SetAsync("#upgrade-fedora2", true);
        await page.SubmitFormAsync();
        await page.SetAsync("input[name=which]", "on", nth: 1);
        await page.SetAsync("#package-httpd-amd64", true);
        await page.SubmitFormAsync();

        // the host leaves out what one does not have
        page.WaitForAssertion(() => Assert.Contains("vdnf fedora1 fedora2 -- upgrade httpd", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Equal("vdnf fedora1 fedora2 -- upgrade httpd", string.Join(' ', Host.Command.Requests.Single(r => r.Plan).Words));
    }

    [Fact]
    public async Task Package_OfRpm_IsUpgradedByItsOwnTool()
    {
        await StartAsync(Roles.Operator, Both());
        Services.GetRequiredService<NavigationManager>().NavigateTo("packages/upgrade?package=httpd&format=rpm");
        var page = Render<UpgradePage>();
        await Eventually.TrueAsync(() => page.FindAll("#upgrade-fedora1").Count > 0, "the vservers are shown");
        Assert.True(page.Find("#upgrade-fedora1").HasAttribute("checked"));
        Assert.False(page.Find("#upgrade-fedora2").HasAttribute("checked"));
    }

    [Fact]
    public async Task Wizard_SomePackages_RunsTheCommandThatThePlanShows()
    {
        await StartAsync(Roles.Operator, Some());
        var plan = new OperationPlan([new PlanStep("Run apt-get in web1", ["apt-get", "-y", "install"])], [], []);
        Host.Command.On("vapt", request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(plan)] : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = Render<UpgradePage>();
        await Eventually.TrueAsync(() => page.FindAll("#upgrade-web1").Count > 0, "the vservers are shown");
        Assert.True(page.Find("#upgrade-old1").HasAttribute("disabled"));

        await page.SubmitFormAsync();
        Assert.Contains("Choose the vservers", page.Find(".vp-fault").TextContent, StringComparison.Ordinal);
        await page.ClickButtonAsync("Those with upgrades");
        await page.SubmitFormAsync();
        await page.SetAsync("input[name=which]", "on", nth: 1);
        await page.SubmitFormAsync();
        Assert.Contains("Choose packages", page.Find(".vp-fault").TextContent, StringComparison.Ordinal);
        await page.SetAsync("#package-nginx-amd64", true);
        await page.SetAsync("#unify-afterwards", true);
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("apt-get -y install", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("vapt --unify web1 -- install --only-upgrade nginx", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("/jobs/", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Equal("vapt --unify web1 -- install --only-upgrade nginx", string.Join(' ', Host.Command.Requests.Single(r => r.Detach).Words));
    }

    [Fact]
    public async Task Tab_OfAVServer_HasOnlyItsOwn()
    {
        var host = Some();
        host.Command.On("vcheck --packages web1", new HelloEvent(1, []), Package("web1", "nginx", "1.22.1-9", "1.22.1-9+deb12u1"), Package("web1", "bash", "5.2"), new ResultEvent());
        await StartAsync(Roles.Auditor, host);
        var tab = Render<PackagesTab>(p => p.Add(t => t.Name, VServerName.Parse("web1")));
        tab.WaitForAssertion(() => Assert.Equal(["bash", "nginx"], tab.FindAll(".vp-package-name b").Select(b => b.TextContent)), TimeSpan.FromSeconds(10));
        await tab.ClickOnAsync(".vp-chip", nth: 1);
        Assert.Equal(["nginx"], tab.FindAll(".vp-package-name b").Select(b => b.TextContent));
    }

    private static ItemEvent Package(string vserver, string name, string version, string? candidate = null, PackageFormat format = PackageFormat.Dpkg, bool canFetch = false) =>
        FakeHost.Item(ItemKinds.Package, new PackageInfo(VServerName.Parse(vserver), format, name, version, "amd64", $"what {name} is", candidate, canFetch));

    /// <summary>With dnf in two of the three that have rpm.</summary>
    private static HostOfVServers Both()
    {
        var host = new HostOfVServers(VServer("web1", VServerState.Running), VServer("db1", VServerState.Running));
        host.Command.On(
            "vcheck --packages",
            new HelloEvent(1, []),
            Package("web1", "nginx", "1.22.1-9", "1.22.1-9+deb12u1"),
            Package("db1", "bash", "5.2"),
            Package("fedora1", "httpd", "2.4-1", "2.4-2", PackageFormat.Rpm, canFetch: true),
            Package("fedora2", "bash", "5.2-1", null, PackageFormat.Rpm, canFetch: true),
            Package("old1", "rpm-only", "1-1", null, PackageFormat.Rpm),
            new ResultEvent());
        return host;
    }

    private static HostOfVServers Some()
    {
        var host = new HostOfVServers(VServer("web1", VServerState.Running), VServer("db1", VServerState.Running));
        host.Command.On(
            "vcheck --packages",
            new HelloEvent(1, []),
            Package("web1", "nginx", "1.22.1-9", "1.22.1-9+deb12u1"),
            Package("web1", "bash", "5.2"),
            Package("db1", "nginx", "1.20.0-1"),
            Package("db1", "bash", "5.2"),
            Package("old1", "rpm-only", "1-1", null, PackageFormat.Rpm),
            new ResultEvent());
        return host;
    }

    private static IEnumerable<string> Names(IRenderedComponent<PackagesPage> page) => page.FindAll(".vp-package-name .vp-open").Select(e => e.TextContent);

    private async Task<IRenderedComponent<PackagesPage>> OpenAsync()
    {
        var page = Render<PackagesPage>();
        await Eventually.TrueAsync(() => page.FindAll(".vp-package-name .vp-open").Count > 0, "the packages are shown");
        return page;
    }
}
