using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class UnifyPageTests : PagesContext
{
    private static readonly UnificationPlan s_plan = new()
    {
        Method = SharingMethod.Reflink,
        MethodReason = "xfs shares blocks between files.",
        Scope = UnificationScope.Package,
        Files = 50_000,
        FilesToShare = 23_800,
        FilesShared = 12,
        BytesSaved = 700L << 20,
        IsEstimate = true,
        Members = [Member("web1"), Member("web2")],
        Skipped = [new SkippedFiles("set-id", "They run with the rights of their owner.", 21, 2 << 20)],
        Warnings = ["web2 runs: files that it has open for writing are passed over."],
        BytesFree = 5L << 30,
        Command = ["vunify", "web1", "web2", "--", "ALL"],
    };

    [Fact]
    public async Task Wizard_FromMembersToJob_RunsTheCommandThatThePlanShows()
    {
        await OpenHostAsync(Roles.Operator);
        Host.Command.On("vunify", request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(s_plan)] : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = await OpenAsync();
        page.WaitForAssertion(() => Assert.Contains("800 MiB", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        await page.SetAsync("#pick-web1", true);
        await page.SetAsync("#pick-web2", true);
        await page.SetAsync("#reference", "web2");
        await NextAsync(page);
        Assert.Contains("Shared blocks (reflink)", page.Markup, StringComparison.Ordinal);
        Assert.Contains("with its pre-start hook", page.Markup, StringComparison.Ordinal);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains("≤ 700 MiB", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("23\u00a0800", page.Markup, StringComparison.Ordinal);
        Assert.Contains("They run with the rights of their owner", page.Markup, StringComparison.Ordinal);
        Assert.Contains("web2 runs", page.Markup, StringComparison.Ordinal);
        Assert.Contains("vunify web2 web1 -- ALL", page.Markup, StringComparison.Ordinal);
        var bar = page.Find(".vp-bar-row .vp-bar");
        Assert.Equal("own 40 MiB, shared 60 MiB, freed by sharing 700 MiB", bar.GetAttribute("aria-label"));
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains(Host.Command.Requests, r => r is { Detach: true, Words: ["vunify", "web2", "web1", "--", "ALL"] }), TimeSpan.FromSeconds(10));
        var run = Host.Command.Requests.First(r => r.Detach);
        page.WaitForAssertion(() => Assert.EndsWith($"/jobs/{run.JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Wizard_ByContentFromTheList_HasThemChosen()
    {
        await OpenHostAsync(Roles.Operator);
        Host.Command.On("vunify", new HelloEvent(1, []), FakeHost.Result(s_plan));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/unify?with=web2,nobody,web1&by=content");
        var page = await OpenAsync();

        Assert.True(page.Find("#pick-web1").HasAttribute("checked"));
        await NextAsync(page);
        Assert.Empty(page.FindAll("#quick"));
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains("vunify --content web2 web1", Commands), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Wizard_TwoThousandLongNamesFromTheList_AreChosenByAShortAddress()
    {
        var names = Enumerable.Range(0, 2000).Select(i => $"customer-with-a-rather-long-name-{i:0000000}").ToList();
        Assert.All(names, n => Assert.Equal(40, n.Length));
        await StartAsync(Roles.Operator, new HostOfVServers([.. names.Select(n => VServer(n, VServerState.Stopped))]));
        Host.Command.On("vdu", new HelloEvent(1, []), FakeHost.Result(DiskPageTests.Disk));
        var list = Render<VServersPage>();
        await list.SetAsync("[aria-label='Select all that are shown']", true);
        var address = list.FindAll("a").Select(a => a.GetAttribute("href")!).Single(h => h.StartsWith("unify?with=", StringComparison.Ordinal));
        Assert.InRange(address.Length, 20, 100);

        Services.GetRequiredService<NavigationManager>().NavigateTo("/" + address);
        var page = Render<UnifyPage>();
        page.WaitForAssertion(() => Assert.Contains("2\u00a0000 chosen", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Wizard_ChoiceThatIsNotKnownAnyMore_SaysSo()
    {
        await OpenHostAsync(Roles.Operator);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/unify?with=~0123456789abcdef0123456789abcdef");
        var page = await OpenAsync();
        page.WaitForAssertion(() => Assert.Contains("Choose once more", page.Find("[role=alert]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Members_OneChosen_StaysAndSaysWhatToDo()
    {
        await OpenHostAsync(Roles.Operator);
        var page = await OpenAsync();
        await NextAsync(page);
        Assert.Contains("at least two", page.Find(".vp-fault").TextContent, StringComparison.Ordinal);
        await page.SetAsync("#pick-web1", true);
        await NextAsync(page);
        Assert.Equal("VServers", page.Find("[aria-current=step] span").TextContent);
    }

    [Fact]
    public async Task Members_LessThanTwoThere_SaysWhatToDo()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        var page = Render<UnifyPage>();
        page.WaitForAssertion(() => Assert.Contains("nobody to share with", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.True(page.Find("button[type=submit]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Plan_HostRefuses_ShowsWhyAndDoesNotGoOn()
    {
        await OpenHostAsync(Roles.Operator);
        Host.Command.On("vunify", new HelloEvent(1, []), FakeHost.Result(s_plan with
        {
            Method = null,
            Members = [],
            Problems = [new ProblemEvent(ProblemCode.Unsupported, "ext4 shares no blocks, and nothing here protects hard links. Put /vservers on xfs.")],
        }));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/unify?with=web2,web1");
        var page = await OpenAsync();
        await NextAsync(page);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains("Put /vservers on xfs", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        await NextAsync(page);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
    }

    [Fact]
    public async Task Start_RoleTakenAwayMeanwhile_IsRefused()
    {
        await OpenHostAsync(Roles.Operator);
        Host.Command.On("vunify", new HelloEvent(1, []), FakeHost.Result(s_plan));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/unify?with=web2,web1");
        var page = await OpenAsync();
        await NextAsync(page);
        await NextAsync(page);
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".vp-bar-row")), TimeSpan.FromSeconds(10));
        await SetRoleAsync(Roles.Auditor);
        await NextAsync(page);
        page.WaitForAssertion(() => Assert.Contains("Not allowed", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
    }

    internal static UnificationMember Member(string name) => new(VServerName.Parse(name), 25_000, 800L << 20, 60L << 20, 700L << 20, 40L << 20);

    private Task OpenHostAsync(string role)
    {
        var host = new HostOfVServers(VServer("web1", VServerState.Running), VServer("web2", VServerState.Stopped));
        host.Command.On("vdu", new HelloEvent(1, []), DiskPageTests.Share("web1"), DiskPageTests.Share("web2"), FakeHost.Result(DiskPageTests.Disk));
        return StartAsync(role, host);
    }

    private async Task<IRenderedComponent<UnifyPage>> OpenAsync()
    {
        var page = Render<UnifyPage>();
        await Eventually.TrueAsync(() => page.FindAll("#pick-web1").Count > 0, "the vservers are shown");
        return page;
    }

    private static Task NextAsync(IRenderedComponent<UnifyPage> page) => page.SubmitFormAsync();
}
