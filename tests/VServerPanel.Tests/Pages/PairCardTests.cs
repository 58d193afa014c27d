using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class PairCardTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly HostOfVServers _other = new("root2");

    [Fact]
    public async Task Pair_ShowsBothKeysFirst_ThenPairsBothWays()
    {
        var page = await OpenAsync(FakeHost.Result(Keys("machine2")));
        await page.SetAsync("#pair-with", "root2");
        page.WaitForAssertion(() => Assert.Equal(4, page.FindAll("[aria-labelledby=pair] dd").Count), s_patience);
        Assert.Contains(Moves.Fingerprint, page.Find("[aria-labelledby=pair]").TextContent, StringComparison.Ordinal);
        Assert.Equal("192.0.2.7", page.Find("#pair-address-other").GetAttribute("value"));
        await page.SetAsync("#pair-address-one", "192.0.2.1");
        Assert.DoesNotContain(Commands, c => c.StartsWith("vserver-hosts allow", StringComparison.Ordinal));

        await page.ClickButtonAsync("Pair them");

        page.WaitForAssertion(() => Assert.Contains(_other.Command.Commands, c => c.StartsWith("vserver-hosts allow host1 ", StringComparison.Ordinal)), s_patience);
        Assert.Contains(_other.Command.Commands, c => c.StartsWith("vserver-hosts add host1 --address=192.0.2.1 --port=22 ", StringComparison.Ordinal));
        Assert.Contains(Commands, c => c.StartsWith("vserver-hosts allow root2 ", StringComparison.Ordinal));
        Assert.Contains(Commands, c => c.StartsWith("vserver-hosts add root2 --address=192.0.2.7 --port=22 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pair_OneHasNoKey_OffersToMakeItAndNoMore()
    {
        var page = await OpenAsync(FakeHost.Result(new OperationPlan([new PlanStep("Make the key")], [], [])));
        await page.SetAsync("#pair-with", "root2");
        page.WaitForAssertion(() => Assert.Contains("Make the missing key", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.DoesNotContain(page.FindAll("button"), b => b.TextContent.Trim() == "Pair them");
    }

    [Fact]
    public async Task Pair_OtherGoesAway_IsOfferedNoMore()
    {
        var page = await OpenAsync(FakeHost.Result(Keys("machine2")));
        Assert.NotEmpty(page.FindAll("#pair-with option[value=root2]"));
        _other.IsUp = false;
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("#pair-with")), TimeSpan.FromSeconds(30));
    }

    private static HostKeys Keys(string name) => new(Moves.HostKey, Moves.Fingerprint, [Moves.HostKey], name);

    private async Task<IRenderedComponent<MoveHostsPage>> OpenAsync(ResultEvent keysOfOther)
    {
        await StartAsync(Roles.Administrator);
        Host.Command.On("vserver-hosts key", new HelloEvent(1, []), FakeHost.Result(Keys("machine1")));
        _other.Command.On("vserver-hosts key", new HelloEvent(1, []), keysOfOther);
        foreach (var host in new[] { Host, _other })
        {
            host.Knows();
            host.Command.On("vserver-hosts add", new HelloEvent(1, []), FakeHost.Result(Moves.HostB));
            host.Command.On("vserver-hosts allow", new HelloEvent(1, []), new ResultEvent());
        }

        await AddHostAsync(_other);
        var page = Render<MoveHostsPage>();
        page.WaitForElement("#pair-with", s_patience);
        return page;
    }
}
