using Bunit;
using VServerPanel.Components.Standby;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class StandbyCardTests : PagesContext
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private readonly Guid _id = Guid.NewGuid();

    [Fact]
    public async Task Card_NoneKept_KeepsOneByTheHost()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has();
        Host.Command.On("vserver web1 standby keep", _ =>
        {
            Has(Info with { IntervalMinutes = 15 });
            return [new HelloEvent(1, []), new ResultEvent()];
        });
        var card = Open();
        card.WaitForAssertion(() => Assert.Contains("None. A stopped copy", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        await card.SetAsync("#standby-peer", "host2");
        await card.SetAsync("#standby-every", "15");
        await card.SetAsync("#standby-limit", "2.5");
        await card.ClickButtonAsync("Keep a copy");

        card.WaitForAssertion(() => Assert.Contains("no copy is whole yet", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        var request = Assert.Single(Host.Command.Requests, r => r.Words.Contains("keep"));
        Assert.Equal("vserver web1 standby keep --to host2 --every 15 --bandwidth 2621440 for anna", $"{string.Join(' ', request.Words)} for {request.Caller?.UserName}");
    }

    [Fact]
    public async Task Card_LimitThatIsNone_IsRefusedBeforeTheHostIsAsked()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has();
        var card = Open();
        await card.SetAsync("#standby-limit", "fast");
        await card.ClickButtonAsync("Keep a copy");
        card.WaitForAssertion(() => Assert.Contains("The limit is a number", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(Host.Command.Requests, r => r.Words.Contains("keep"));
    }

    [Fact]
    public async Task Card_KeptAndFailed_TellsLagAndWhy_AndIsEnded()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has(Info with { IntervalMinutes = 60, BytesPerSecond = 1 << 20, CompleteAsOf = DateTimeOffset.UtcNow.AddMinutes(-185), Bytes = 5 << 20, Problem = new ProblemEvent(ProblemCode.Unreachable, "host2 does not answer.") });
        Host.Command.On("vserver web1 standby stop", _ =>
        {
            Has();
            return [new HelloEvent(1, []), new ResultEvent()];
        });
        var card = Open();
        card.WaitForAssertion(() => Assert.Contains("host2 does not answer.", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("3 h 5 min behind, 5 MiB", card.Markup, StringComparison.Ordinal);
        Assert.Contains("each hour, 1 MiB a second at most", card.Markup, StringComparison.Ordinal);
        var clicked = card.ClickButtonAsync("Keep it no more …");
        Dialogs.WaitForAssertion(() => Assert.Contains("who does not need it deletes it on host2", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(Host.Command.Requests, r => r.Words.Contains("stop"));
        await AnswerAsync("Keep it no more");
        await clicked;
        card.WaitForAssertion(() => Assert.Contains("None. A stopped copy", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Card_PromotedAndStillRunningHere_StopsItAndMakesItTheCopy()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has(Info with { PromotedAt = DateTimeOffset.UtcNow, CompleteAsOf = DateTimeOffset.UtcNow.AddMinutes(-5), WhatToDo = "web1 is the real one on host2 by now." });
        Host.RunsJobs("vserver web1 stop");
        Host.Command.On("vserver web1 standby --of=host2", _ =>
        {
            Has();
            return [new HelloEvent(1, []), new ResultEvent()];
        });
        var card = Open();
        card.WaitForAssertion(() => Assert.Contains("It runs here, and is the real one there", card.Find("[role=alert]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains(card.FindAll("button"), b => b.TextContent.Trim() == "Keep it no more …");
        var clicked = card.ClickButtonAsync("Make this the copy …");
        Dialogs.WaitForAssertion(() => Assert.Contains("It is stopped here first.", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("vserver web1 stop", Commands);
        await AnswerAsync("Stop it and make it the copy");
        await clicked;

        card.WaitForAssertion(() => Assert.Contains("None. A stopped copy", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Equal(["vserver web1 stop", "vserver web1 standby --of=host2"], Commands.Where(c => c.StartsWith("vserver web1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Card_PromotedAndCannotBeStopped_IsNoCopyAndSaysWhy()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has(Info with { PromotedAt = DateTimeOffset.UtcNow });
        Host.Command.On("vserver web1 stop", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Busy, "web1 is being backed up."));
        var card = Open();
        card.WaitForElement("[role=alert]", TimeSpan.FromSeconds(10));
        var clicked = card.ClickButtonAsync("Make this the copy …");
        Dialogs.WaitForAssertion(() => Assert.NotEmpty(Dialogs.FindAll(".mud-dialog")), TimeSpan.FromSeconds(10));
        await AnswerAsync("Stop it and make it the copy");
        await clicked;
        card.WaitForAssertion(() => Assert.Contains("web1 is being backed up.", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(Commands, c => c.Contains("--of", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Card_PromotedAndDoesNotStop_IsNoCopyAndSaysWhy()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has(Info with { PromotedAt = DateTimeOffset.UtcNow });
        Host.RunsJobs("vserver web1 stop", new ProblemEvent(ProblemCode.TimedOut, "web1 did not stop in time."));
        var card = Open();
        card.WaitForElement("[role=alert]", TimeSpan.FromSeconds(10));
        var clicked = card.ClickButtonAsync("Make this the copy …");
        await AnswerAsync("Stop it and make it the copy");
        await clicked;
        card.WaitForAssertion(() => Assert.Contains("web1 did not stop in time.", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(Commands, c => c.Contains("--of", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Card_NoPeer_LinksAdministratorsToThePairing()
    {
        await StartAsync(Roles.Administrator, new(VServer("web1", VServerState.Running)));
        Has();
        Host.Command.On("vserver-hosts list", new HelloEvent(1, []), new ResultEvent());
        var card = Open();
        card.WaitForAssertion(() => Assert.Equal("moves/hosts", card.Find("details a").GetAttribute("href")), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Card_OfAnAuditor_TellsAndHasNoButton()
    {
        await StartAsync(Roles.Auditor, new(VServer("web1", VServerState.Running)));
        Has(Info with { PromotedAt = DateTimeOffset.UtcNow, WhatToDo = "web1 is the real one on host2 by now, and must not run here." });
        var card = Open();
        card.WaitForAssertion(() => Assert.Contains("must not run here", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Empty(card.FindAll("button, input, select"));
    }

    private StandbyInfo Info => new() { VServer = s_web1, VServerId = _id, Role = StandbyRole.Source, Peer = "host2" };

    private IRenderedComponent<StandbyCard> Open() => Render<StandbyCard>(p => p.Add(c => c.Name, s_web1).Add(c => c.Id, _id));

    private void Has(params StandbyInfo[] kept)
    {
        Host.Command.On("vserver-standby list", [new HelloEvent(1, []), .. kept.Select(k => FakeHost.Item(ItemKinds.Standby, k)), new ResultEvent()]);
        Host.Command.On("vserver-hosts list", new HelloEvent(1, []), FakeHost.Item(ItemKinds.Peer, new PeerInfo("host2", "192.0.2.2", 22, "SHA256:x")), new ResultEvent());
    }
}
