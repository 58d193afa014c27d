using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class MoveManyPageTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Wizard_TwoTargets_DealsOutAndLeavesOutWhatIsRefused()
    {
        await StartAsync(Roles.Operator, new(
            VServer("big", VServerState.Running) with { DiskBytes = 30L << 30 }, VServer("copy", VServerState.Standby), VServer("mid", VServerState.Stopped) with { DiskBytes = 20L << 30 }, VServer("small", VServerState.Stopped) with { DiskBytes = 1L << 30 }));
        Host.Tells();
        Host.Knows(Moves.HostB, Moves.HostB with { Name = "hostd" });
        Host.Command.On("vserver-hosts check hostd", new HelloEvent(1, []), FakeHost.Result(Moves.Report with { BytesFree = 35L << 30 }));
        Host.TakesJobs("vserver ");
        Host.Command.On("vserver small move", request => request.Plan
            ? [new HelloEvent(1, []), FakeHost.Result(Moves.Plan with { Problems = [new ProblemEvent(ProblemCode.AlreadyExists, "There is a small already.")] })]
            : [new ProblemEvent(ProblemCode.AlreadyExists, "There is a small already.")]);
        var page = Render<MoveManyPage>();
        page.WaitForElement("#pick-big", s_patience);
        Assert.Empty(page.FindAll("#pick-copy"));
        await page.ClickButtonAsync("All");
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".vp-choice .vp-good").Count), s_patience);
        await page.SetAsync("input[value=hostb]", true);
        await page.SetAsync("input[value=hostd]", true);
        await page.SetAsync("#order", nameof(Components.Moving.MoveOrdering.LargestFirst));
        await page.SetAsync("#at-once", "3");
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("3 of 3 looked at", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Equal(["big hostb", "mid hostd", "small hostd"], page.FindAll("tbody tr").Select(r => $"{r.QuerySelector("b")!.TextContent} {r.QuerySelector("[data-label=To]")!.TextContent}"));
        Assert.Contains("There is a small already", page.Markup, StringComparison.Ordinal);
        Assert.Equal("Queue 2 moves", page.Find("button[type=submit]").TextContent.Trim());
        await page.ClickOnAsync("tbody tr:first-child .vp-button", "Leave out");
        page.WaitForAssertion(() => Assert.Equal("Queue 1 move", page.Find("button[type=submit]").TextContent.Trim()));
        await page.ClickOnAsync("tbody tr:first-child .vp-button", "Take along");
        await page.SubmitFormAsync();

        var queue = await Services.GetRequiredService<MoveQueueService>().ListAsync(cancellationToken: Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(["big hostb 3", "mid hostd 3"], queue.Select(m => $"{m.VServer} {m.Request.To} {m.AtOnce}").Order(StringComparer.Ordinal));
        Assert.EndsWith("/moves", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_FromTheList_HasThoseChosen_AndWantsATarget()
    {
        await StartAsync(Roles.Operator, new(VServer("a", VServerState.Running), VServer("b", VServerState.Running)));
        Host.Tells();
        Host.Knows(Moves.HostB, Moves.HostB with { Name = "hostd" });
        Services.GetRequiredService<NavigationManager>().NavigateTo("moves/empty?with=b,nobody");
        var page = Render<MoveManyPage>();
        page.WaitForElement("#pick-b", s_patience);
        Assert.True(page.Find("#pick-b").HasAttribute("checked"));
        Assert.False(page.Find("#pick-a").HasAttribute("checked"));
        await page.SubmitFormAsync();
        page.WaitForElement("input[value=hostd]", s_patience);
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("or several", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
    }
}
