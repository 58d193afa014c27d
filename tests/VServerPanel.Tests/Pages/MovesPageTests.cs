using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class MovesPageTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // the queue looks every 5 seconds
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task CutOff_HandedOver_SaysWhereItIsAndBothWays()
    {
        await StartAsync(Roles.Operator, new());
        Host.Tells(Moves.Move("web1", MoveState.Unresolved, MovePhase.HandingOver));
        Host.TakesJobs("vserver-moves resume");
        Host.TakesJobs("vserver-moves take-back");
        var page = Render<MovesPage>();

        page.WaitForAssertion(() => Assert.Contains("web1 is off here and cannot be started", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Contains($"vserver-moves take-back {Moves.Id} --fenced", page.Find(".vp-command").TextContent, StringComparison.Ordinal);
        await page.ClickButtonAsync("Ask hostb again");
        await page.ClickButtonAsync("Bring it back");
        Assert.Equal([$"vserver-moves resume {Moves.Id}", $"vserver-moves take-back {Moves.Id}"], Jobs);
    }

    [Fact]
    public async Task CutOff_WhileCopying_IsHereAndCanBeGivenUp()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Host.Tells(Moves.Move("web1", MoveState.Unresolved));
        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.Contains("web1 is on this host", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.NotNull(Button(page, "Go on with the move"));
        Assert.NotNull(Button(page, "Give the move up"));
        Assert.DoesNotContain("--fenced", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutOff_Incoming_SaysWhatToDoAndHasNoButtons()
    {
        await StartAsync(Roles.Operator, new());
        Host.Tells(Moves.Move("web1", MoveState.Unresolved, direction: MoveDirection.Incoming) with { WhatToDo = "Ask hostb how it stands." });
        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.Contains("Ask hostb how it stands.", page.Find(".vp-banner-warning").TextContent, StringComparison.Ordinal), s_patience);
        Assert.Empty(page.FindAll(".vp-decide"));
    }

    [Fact]
    public async Task Kept_TakenBackOrPurged_IsAskedTwiceOfTheUser()
    {
        await StartAsync(Roles.Operator, new());
        Host.Tells(Moves.Move("web1", MoveState.Kept, MovePhase.Done), Moves.Move("db1", MoveState.Arrived, MovePhase.Done, MoveDirection.Incoming));
        Host.TakesJobs("vserver-moves");
        Host.Tells(Moves.Move("web1", MoveState.Kept, MovePhase.Done), Moves.Move("db1", MoveState.Arrived, MovePhase.Done, MoveDirection.Incoming));
        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.Contains("web1", page.Find("[aria-labelledby=kept] tbody").TextContent, StringComparison.Ordinal), s_patience);
        Assert.Contains("from hostb", page.Find("[aria-labelledby=earlier]").TextContent, StringComparison.Ordinal);

        var clicked = page.ClickButtonAsync("Purge …");
        Dialogs.WaitForAssertion(() => Assert.Contains($"vserver-moves purge {Moves.Id}", Dialogs.Markup, StringComparison.Ordinal), s_patience);
        Assert.Empty(Jobs);
        await AnswerAsync("Purge for good");
        await clicked;
        Assert.Equal([$"vserver-moves purge {Moves.Id}"], Jobs);
    }

    [Fact]
    public async Task Auditor_SeesAndHasNoButtons()
    {
        await StartAsync(Roles.Auditor, new());
        Host.Tells(Moves.Move("web1", MoveState.Kept, MovePhase.Done), Moves.Move("db1", MoveState.Unresolved));
        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.Contains("was cut off", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Empty(page.FindAll("button"));
        Assert.Empty(page.FindAll("a[href='moves/empty'], a[href='moves/hosts']"));
    }

    [Fact]
    public async Task CutOff_RoleTakenAwayMeanwhile_IsRefused()
    {
        await StartAsync(Roles.Operator, new());
        Host.Tells(Moves.Move("web1", MoveState.Unresolved));
        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.NotNull(Button(page, "Give the move up")), s_patience);
        await SetRoleAsync(Roles.Auditor);
        await page.ClickButtonAsync("Give the move up");
        page.WaitForAssertion(() => Assert.Contains("Not allowed", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Empty(Jobs);
    }

    [Fact]
    public async Task Queue_OneFailed_OthersAreHeld_TriedAgainOrTakenOut()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running), VServer("web2", VServerState.Running), VServer("web3", VServerState.Running)));
        Host.Tells();
        Host.Command.On("vserver web1 move", new HelloEvent(1, []), new ProblemEvent(ProblemCode.NoSpace, "hostb is full."));
        Host.RunsJobs("vserver web2 move");
        var queue = Services.GetRequiredService<MoveQueueService>();
        await queue.AddAsync([VServerName.Parse("web1"), VServerName.Parse("web2"), VServerName.Parse("web3")], new MoveRequest("hostb"), 1, new Caller("1", "anna", null), Xunit.TestContext.Current.CancellationToken);

        var page = Render<MovesPage>();
        page.WaitForAssertion(() => Assert.Contains("hostb is full.", page.Find("[aria-labelledby=queue]").TextContent, StringComparison.Ordinal), s_long);
        page.WaitForAssertion(() => Assert.Contains("2 wait for your word", page.Markup, StringComparison.Ordinal), s_long);
        await page.ClickOnAsync("[aria-label='Take web3 out of the queue']");
        page.WaitForAssertion(() => Assert.Contains("One waits for your word", page.Markup, StringComparison.Ordinal), s_patience);

        // room was made there
        Host.RunsJobs("vserver web1 move");
        await page.ClickOnAsync("[aria-label='Try web1 again']");
        await page.ClickButtonAsync("Go on with the others");
        page.WaitForAssertion(() => Assert.Contains("0 to go, 2 moved", page.Markup, StringComparison.Ordinal), s_long);
        Assert.Equal(
            ["web1 Failed", "web1 Succeeded", "web2 Succeeded", "web3 Cancelled"],
            (await queue.ListAsync(cancellationToken: Xunit.TestContext.Current.CancellationToken)).Select(m => $"{m.VServer} {m.State}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task VServerPage_OfOneThatIsHandedOver_SaysSo()
    {
        await StartAsync(Roles.Operator, new(VServer("db1", VServerState.Running)));
        Host.Tells(Moves.Move("web1", MoveState.Unresolved, MovePhase.HandingOver));
        var page = await VServerAsync("web1");
        page.WaitForAssertion(() => Assert.Contains("web1 is off here and cannot be started", page.Markup, StringComparison.Ordinal), s_patience);
    }

    [Fact]
    public async Task VServerPage_OfOneThatWasMoved_SaysWhereItIs_AndOneThatIsHereCanBeMoved()
    {
        await StartAsync(Roles.Operator, new(VServer("db1", VServerState.Running)));
        Host.Tells(Moves.Move("web1", MoveState.Kept, MovePhase.Done));
        var gone = await VServerAsync("web1");
        gone.WaitForAssertion(() => Assert.Contains("web1 was moved to hostb", gone.Markup, StringComparison.Ordinal), s_patience);
        var here = await VServerAsync("db1");
        Assert.Equal("vservers/db1/move", here.FindAll("a").Single(a => a.TextContent.Trim() == "Move").GetAttribute("href"));
    }

    [Fact]
    public async Task List_WithAMoveThatWasCutOff_SaysSo()
    {
        await StartAsync(Roles.Auditor, new(VServer("db1", VServerState.Running)));
        Host.Tells(Moves.Move("web1", MoveState.Unresolved, MovePhase.HandingOver));
        var page = Render<VServersPage>();
        page.WaitForAssertion(() => Assert.Contains("A move was cut off", page.Markup, StringComparison.Ordinal), s_patience);
    }

    private IEnumerable<string> Jobs => Host.Command.Requests.Where(r => r.Detach).Select(r => string.Join(' ', r.Words));

    private async Task<IRenderedComponent<VServerPage>> VServerAsync(string name)
    {
        var authentication = await Services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync();
        return Render<CascadingValue<Task<AuthenticationState>>>(p => p
            .Add(c => c.Value, Task.FromResult(authentication))
            .AddChildContent<VServerPage>(v => v.Add(x => x.Name, name))).FindComponent<VServerPage>();
    }

    private static IElement Button(IRenderedComponent<MovesPage> page, string text) => page.FindAll("button").First(b => b.TextContent.Trim() == text);
}
