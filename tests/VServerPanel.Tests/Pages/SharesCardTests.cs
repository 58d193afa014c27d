using Bunit;
using VServerPanel.Components.Shares;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class SharesCardTests : PagesContext
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public async Task Card_ShowsWhatIsSharedAndWhatIsWrongWithIt()
    {
        await StartAsync(Roles.Auditor, new(VServer("web1", VServerState.Running)));
        Has(new("/srv/shared/photos", "/home/photos", true, IsMounted: true), new("/srv/gone", "/gone", false, "'/srv/gone' is no directory of this host.", IsMounted: false));

        var card = Render<SharesCard>(p => p.Add(c => c.Name, s_web1));

        card.WaitForAssertion(() => Assert.Contains("is no directory of this host", card.Markup, StringComparison.Ordinal));
        Assert.Contains("of the host, read-only", card.Markup, StringComparison.Ordinal);
        Assert.Single(card.FindAll(".vp-share"), s => s.TextContent.Contains("from its next start on", StringComparison.Ordinal) && s.TextContent.Contains("/gone", StringComparison.Ordinal));
        Assert.Empty(card.FindAll("button, input"));
    }

    [Fact]
    public async Task Add_IsAskedOfTheHostForTheUser_AndItsRefusalIsShown()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has();
        Host.Command.On("vserver web1 share add", new HelloEvent(1, []), new ProblemEvent(ProblemCode.NotPermitted, "As long as root has not said so."));
        var card = Render<SharesCard>(p => p.Add(c => c.Name, s_web1));

        // a button that is found before the list has come is another one after it
        card.WaitForAssertion(() => Assert.Contains("None.", card.Markup, StringComparison.Ordinal));
        await card.SetAsync("#share-source", "/srv/shared/photos");
        await card.SetAsync("#share-target", " /home/photos ");
        await card.ClickButtonAsync("Share it");

        card.WaitForAssertion(() => Assert.Contains("As long as root has not said so", card.Markup, StringComparison.Ordinal));
        var request = Assert.Single(Host.Command.Requests, r => r.Words.Contains("add"));
        Assert.Equal("vserver web1 share add /srv/shared/photos /home/photos --ro for anna", $"{string.Join(' ', request.Words)} for {request.Caller?.UserName}");
    }

    [Fact]
    public async Task Add_FaultOfThePanels_IsNoRefusalOfTheHosts()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has();
        Host.Command.On("vserver web1 share add", _ => throw new InvalidOperationException("a fault of ours"));
        var card = Render<SharesCard>(p => p.Add(c => c.Name, s_web1));

        // a button that is found before the list has come is another one after it
        card.WaitForAssertion(() => Assert.Contains("None.", card.Markup, StringComparison.Ordinal));
        await card.SetAsync("#share-source", "/srv/shared/photos");
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => card.ClickButtonAsync("Share it"));
        Assert.Equal("a fault of ours", fault.Message);
    }

    [Fact]
    public async Task Remove_TakesItOutOfTheList()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Has(new SharedDirectory("/srv/shared/photos", "/home/photos", true));
        Host.Command.On("vserver web1 share remove /home/photos", _ =>
        {
            Has();
            return [new HelloEvent(1, []), new ResultEvent()];
        });
        var card = Render<SharesCard>(p => p.Add(c => c.Name, s_web1));
        await card.ClickOnAsync("button[aria-label='Remove /home/photos']");
        card.WaitForAssertion(() => Assert.Contains("None.", card.Markup, StringComparison.Ordinal));
    }

    private void Has(params SharedDirectory[] shares) =>
        Host.Command.On("vserver web1 share list", [new HelloEvent(1, []), .. shares.Select(s => FakeHost.Item(ItemKinds.SharedDirectory, s)), new ResultEvent()]);
}
