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

public sealed class MovePageTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Wizard_ShowsWhatTheHostsSay_AndRunsWhatItShowed()
    {
        var page = await OpenAsync([Moves.HostB]);
        page.WaitForAssertion(() => Assert.Contains("40 GiB free", page.Find(".vp-choice").TextContent, StringComparison.Ordinal), s_patience);
        await page.SetAsync("#limit", "20");
        await page.SetAsync("#keep", "3");
        await page.SetAsync("#checksums", true);
        await page.SetAsync("#start", false);
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("does not go with it", page.Find(".vp-checks .vp-check-warn").TextContent, StringComparison.Ordinal), s_patience);
        foreach (var word in (string[])["400 MiB", "25\u00a0000 files", "Its console logs stay here.", "Stopping web1"])
        {
            Assert.Contains(word, page.Markup, StringComparison.Ordinal);
        }

        const string Command = "vserver web1 move --to hostb --bandwidth 20971520 --checksums --keep 3 --no-start";
        Assert.Equal(Command, page.Find("[aria-labelledby=command] code").TextContent);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
        await page.SubmitFormAsync();

        var request = Assert.Single(Host.Command.Requests, r => r.Detach);
        Assert.Equal(Command + " for anna", $"{string.Join(' ', request.Words)} for {request.Caller?.UserName}");
        Assert.EndsWith($"jobs/{request.JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_Refused_CannotBeRun()
    {
        var page = await OpenAsync([Moves.HostB]);
        Host.Command.On("vserver web1 move", new HelloEvent(1, []), FakeHost.Result(Moves.Plan with
        {
            Checks = [new("name", "Name", CheckState.Refused, "hostb has a web1 already.")],
            Problems = [new ProblemEvent(ProblemCode.AlreadyExists, "hostb has a web1 already.")],
        }));
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("It cannot go there", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.True(page.FindAll("button").Single(b => b.TextContent.Trim() == "Move it now").HasAttribute("disabled"));
        await page.SubmitFormAsync();
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
    }

    [Fact]
    public async Task Wizard_SeveralTargetsOrWrongLimit_AsksFirst()
    {
        var page = await OpenAsync([Moves.HostB, Moves.HostB with { Name = "hostd" }]);
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("Choose the host", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        await page.SetAsync("input[value=hostd]", "hostd");
        await page.SetAsync("#limit", "fast");
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("MiB a second", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain(Commands, c => c.Contains(" move ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wizard_NoOtherHostKnown_SaysHow()
    {
        var page = await OpenAsync([]);
        page.WaitForAssertion(() => Assert.Contains("This host knows no other host", page.Markup, StringComparison.Ordinal), s_patience);

        // pairing is the administrator's
        Assert.DoesNotContain("moves/hosts", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_MoveWasCutOff_AsksHowToGoOnInstead()
    {
        var page = await OpenAsync([Moves.HostB], Moves.Move("web1", MoveState.Unresolved));
        page.WaitForAssertion(() => Assert.Contains("was cut off", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.Empty(page.FindAll("form"));
    }

    [Fact]
    public async Task Wizard_PeerDoesNotAnswer_IsToldOnItsCard()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Host.Tells();
        Host.Knows(Moves.HostB);
        Host.Command.On("vserver-hosts check", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Unreachable, "No route to hostb."));
        var page = Render<MovePage>(p => p.Add(m => m.Name, "web1"));
        page.WaitForAssertion(() => Assert.Contains("No route to hostb", page.Find(".vp-choice").TextContent, StringComparison.Ordinal), s_patience);
    }

    private async Task<IRenderedComponent<MovePage>> OpenAsync(PeerInfo[] peers, params MoveInfo[] moves)
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Host.Tells(moves);
        Host.Knows(peers);
        Host.TakesJobs("vserver web1 move");
        var page = Render<MovePage>(p => p.Add(m => m.Name, "web1"));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".mud-skeleton")), s_patience);
        return page;
    }
}
