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
        card.Find("#standby-peer").Change("host2");
        card.Find("#standby-every").Change("15");
        card.Find("#standby-limit").Change("2.5");
        await card.FindAll("button").Single(b => b.TextContent.Trim() == "Keep a copy").ClickAsync(new());

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
        card.WaitForElement("#standby-limit", TimeSpan.FromSeconds(10)).Change("fast");
        await card.FindAll("button").Single(b => b.TextContent.Trim() == "Keep a copy").ClickAsync(new());
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
        await card.FindAll("button").Single(b => b.TextContent.Trim() == "Keep it no more").ClickAsync(new());
        card.WaitForAssertion(() => Assert.Contains("None. A stopped copy", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
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
