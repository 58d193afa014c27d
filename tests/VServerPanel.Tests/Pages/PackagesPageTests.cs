using AngleSharp.Dom;
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
        await Chip(page, "Can be upgraded").ClickAsync(new());
        Assert.Equal(["nginx"], Names(page));
        await Chip(page, "Differs").ClickAsync(new());
        Assert.Equal(["nginx"], Names(page));
        await Chip(page, "All").ClickAsync(new());
        await page.Find("#package-search").InputAsync(new() { Value = "5.2" });
        Assert.Equal(["bash"], Names(page));
        await page.Find("#package-search").InputAsync(new() { Value = "nothing like it" });
        Assert.Contains("Nothing matches", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Package_Opened_ShowsAllVServers()
    {
        await StartAsync(Roles.Operator, Some());
        var page = await OpenAsync();
        _ = page.FindAll(".vp-open").Single(b => b.TextContent == "nginx").ClickAsync(new());
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
        await page.FindAll("button").Single(b => b.TextContent.Trim() == "Look for upgrades").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("vapt db1 web1 -- update", Commands), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task LookForUpgrades_BothKinds_AJobForEach()
    {
        await StartAsync(Roles.Operator, Both());
        Host.Command.On("vapt", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        Host.Command.On("vdnf", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = await OpenAsync();
        await page.FindAll("button").Single(b => b.TextContent.Trim() == "Look for upgrades").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("vdnf fedora1 fedora2 -- makecache --refresh", Commands), TimeSpan.FromSeconds(10));
        Assert.Contains("vapt db1 web1 -- update", Commands);
        page.WaitForAssertion(() => Assert.EndsWith("/jobs", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
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

        await page.Find("#kind-rpm").ChangeAsync(new() { Value = "on" });
        Assert.Empty(page.FindAll("#upgrade-web1"));
        Assert.True(page.Find("#upgrade-old1").HasAttribute("disabled"));
        Assert.Contains("rpm without dnf", page.Markup, StringComparison.Ordinal);
        Assert.True(page.Find("#upgrade-fedora1").HasAttribute("checked"));
        await page.Find("#upgrade-fedora2").ChangeAsync(new() { Value = true });
        await page.Find("form").SubmitAsync();
        await page.FindAll("input[name=which]")[1].ChangeAsync(new() { Value = "on" });
        await page.Find("#package-httpd-amd64").ChangeAsync(new() { Value = true });
        await page.Find("form").SubmitAsync();

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

        await page.Find("form").SubmitAsync();
        Assert.Contains("Choose the vservers", page.Find(".vp-fault").TextContent, StringComparison.Ordinal);
        await page.FindAll("button").Single(b => b.TextContent == "Those with upgrades").ClickAsync(new());
        await page.Find("form").SubmitAsync();
        await page.FindAll("input[name=which]")[1].ChangeAsync(new() { Value = "on" });
        await page.Find("form").SubmitAsync();
        Assert.Contains("Choose packages", page.Find(".vp-fault").TextContent, StringComparison.Ordinal);
        await page.Find("#package-nginx-amd64").ChangeAsync(new() { Value = true });
        await page.Find("#unify-afterwards").ChangeAsync(new() { Value = true });
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("apt-get -y install", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("vapt --unify web1 -- install --only-upgrade nginx", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
        await page.Find("form").SubmitAsync();
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
        await tab.FindAll(".vp-chip")[1].ClickAsync(new());
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

    private static IElement Chip(IRenderedComponent<PackagesPage> page, string text) => page.FindAll(".vp-chip").Single(c => c.TextContent.StartsWith(text, StringComparison.Ordinal));

    private async Task<IRenderedComponent<PackagesPage>> OpenAsync()
    {
        var page = Render<PackagesPage>();
        await Eventually.TrueAsync(() => page.FindAll(".vp-package-name .vp-open").Count > 0, "the packages are shown");
        return page;
    }
}
