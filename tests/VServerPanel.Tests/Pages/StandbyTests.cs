using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class StandbyTests : PagesContext
{
    private static readonly PromotePlan s_plan = new()
    {
        Steps = [new PlanStep("Note in the registry that shop is no copy any more")],
        Warnings = ["What shop has changed on host1 since the last copying is lost."],
        CompleteAsOf = DateTimeOffset.UtcNow.AddMinutes(-125),
        Profiles = ["prod", "backup"],
        Profile = "prod",
    };

    [Fact]
    public async Task FailOver_BothNamesTyped_PromotesAndNeverBefore()
    {
        var page = await OpenAsync(Roles.Operator);
        Assert.Contains("The real shop is on host1", page.Find(".vp-banner-info").TextContent, StringComparison.Ordinal);
        // ends with the dialog
        var clicked = page.ClickButtonAsync("Fail over …");
        Dialogs.WaitForAssertion(() => Assert.Contains("since the last copying is lost", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        Assert.Contains("2 h", Dialogs.Markup, StringComparison.Ordinal);
        await Dialogs.SetAsync("#profile", "backup");
        Assert.True(Promote.HasAttribute("disabled"));
        await Dialogs.TypeAsync("#confirm", "shop");
        Assert.True(Promote.HasAttribute("disabled"));
        await Dialogs.TypeAsync("#fenced", "host2");
        Assert.True(Promote.HasAttribute("disabled"));
        Assert.DoesNotContain(Host.Command.Requests, r => r is { Plan: false, Words: [_, _, "promote", ..] });
        await Dialogs.TypeAsync("#fenced", "host1");
        await AnswerAsync("Make it the real one");

        page.WaitForAssertion(() => Assert.Contains(Host.Command.Requests, r => r is { Plan: false, Words: ["vserver", "shop", "promote", "--confirm", "shop", "--fenced", "--profile", "backup"] }), TimeSpan.FromSeconds(10));
        Dialogs.WaitForAssertion(() => Assert.Empty(Dialogs.FindAll("#fenced")), TimeSpan.FromSeconds(10));
        await clicked;
    }

    [Fact]
    public async Task FailOver_PanelSeesTheOriginalRun_IsRefusedUntilItIsStopped()
    {
        // what its host is called there, and in the panel, is another name
        var other = new HostOfVServers("root2", Shop(VServerState.Running));
        var page = await OpenAsync(Roles.Operator, other);
        var clicked = page.ClickButtonAsync("Fail over …");
        Dialogs.WaitForAssertion(() => Assert.Contains("shop runs on root2", Dialogs.Find(".vp-banner-error").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Equal(["/on/root2/vservers/shop", "/on/root2/vservers/shop/move"], Dialogs.FindAll(".vp-banner-error a").Select(a => a.GetAttribute("href")));
        await Dialogs.TypeAsync("#confirm", "shop");
        await Dialogs.TypeAsync("#fenced", "host1");
        Assert.True(Promote.HasAttribute("disabled"));

        other.Tell(Shop(VServerState.Stopped));

        Dialogs.WaitForAssertion(() => Assert.False(Promote.HasAttribute("disabled")), TimeSpan.FromSeconds(10));
        Assert.Contains("It is stopped on root2", Dialogs.Markup, StringComparison.Ordinal);
        Assert.Contains("shop will not run there again", Dialogs.Find("label[for=fenced]").TextContent, StringComparison.Ordinal);
        other.IsUp = false;
        Dialogs.WaitForAssertion(() => Assert.Contains("root2 does not answer the panel", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        Assert.Contains("When it last did, shop was stopped there.", Dialogs.Markup, StringComparison.Ordinal);
        Assert.False(clicked.IsCompleted);
    }

    [Fact]
    public async Task FailOver_RoleTakenAwayMeanwhile_IsRefused()
    {
        var page = await OpenAsync(Roles.Operator);
        // ends with the dialog
        var clicked = page.ClickButtonAsync("Fail over …");
        Dialogs.WaitForAssertion(() => Assert.Contains("since the last copying is lost", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        await SetRoleAsync(Roles.Auditor);
        await Dialogs.TypeAsync("#confirm", "shop");
        await Dialogs.TypeAsync("#fenced", "host1");
        await AnswerAsync("Make it the real one");

        Dialogs.WaitForAssertion(() => Assert.Contains("does not allow this", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.False(clicked.IsCompleted);
        Assert.DoesNotContain(Host.Command.Requests, r => r is { Plan: false, Words: [_, _, "promote", ..] });
    }

    [Fact]
    public async Task FailOver_AnotherTabHasDoneIt_SaysSo()
    {
        var page = await OpenAsync(Roles.Operator);
        Host.Command.On("vserver shop promote", new HelloEvent(1, []), FakeHost.Result(s_plan with { Steps = [], Warnings = [], Problems = [new ProblemEvent(ProblemCode.Conflict, "shop is no standby copy: it is the real one already.")] }));
        // ends with the dialog
        var clicked = page.ClickButtonAsync("Fail over …");
        Dialogs.WaitForAssertion(() => Assert.Contains("it is the real one already", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        await Dialogs.TypeAsync("#confirm", "shop");
        await Dialogs.TypeAsync("#fenced", "host1");
        Assert.True(Promote.HasAttribute("disabled"));
        Assert.False(clicked.IsCompleted);
    }

    [Fact]
    public async Task Page_OfAnAuditor_TellsOfTheCopyAndHasNoButton()
    {
        var page = await OpenAsync(Roles.Auditor);
        Assert.Equal("Standby", page.Find(".vp-state").TextContent.Trim());
        Assert.DoesNotContain(page.FindAll("button"), b => b.TextContent.Contains("Fail over", StringComparison.Ordinal));
    }

    private AngleSharp.Dom.IElement Promote => Dialogs.FindAll(".mud-dialog button").Single(b => b.TextContent.Trim() == "Make it the real one");

    private static VServerStatus Shop(VServerState state) => HostOfVServers.VServer("shop", state);

    private async Task<IRenderedComponent<VServerPage>> OpenAsync(string role, HostOfVServers? other = null)
    {
        await StartAsync(role, new HostOfVServers("backup", Shop(VServerState.Standby) with { StandbyOf = "host1" }));
        if (other is not null)
        {
            await AddHostAsync(other);
        }

        Host.Command.On("vserver-standby list", new HelloEvent(1, []), new ResultEvent());
        Host.Command.On("vserver shop promote", request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(s_plan)] : [new HelloEvent(1, []), FakeHost.Result(new PromoteOutcome("host1", DateTimeOffset.UnixEpoch))]);
        var authentication = await Services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync();
        var page = Render<CascadingValue<Task<AuthenticationState>>>(p => p
            .Add(c => c.Value, Task.FromResult(authentication))
            .AddChildContent<VServerPage>(v => v.Add(x => x.Name, "shop"))).FindComponent<VServerPage>();
        page.WaitForAssertion(() => Assert.Contains("A standby copy", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        return page;
    }
}
