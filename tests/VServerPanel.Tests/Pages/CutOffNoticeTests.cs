using Bunit;
using VServerPanel.Components.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class CutOffNoticeTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Notice_CopyFailed_NamesItAndItsHost_AndNotTheOthers()
    {
        await StartAsync(Roles.Auditor);
        Host.Tells();
        Copies(Kept("shop") with { Problem = new ProblemEvent(ProblemCode.Unreachable, "host2 does not answer.") }, Kept("mail") with { CompleteAsOf = DateTimeOffset.UtcNow });
        var notice = Render<CutOffNotice>();
        notice.WaitForAssertion(() => Assert.Equal(["vservers/shop"], notice.FindAll("[role=status] a").Select(a => a.GetAttribute("href"))), s_patience);
        Assert.Contains("shop on host2.", string.Join(' ', notice.Find("[role=status]").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notice_MovesCannotBeListed_StillTellsOfCopies_AndOfHowManyMore()
    {
        await StartAsync(Roles.Auditor);
        Copies([.. Enumerable.Range(1, 7).Select(i => Kept($"shop{i}") with { CompleteAsOf = DateTimeOffset.UtcNow.AddDays(-1) })]);
        var notice = Render<CutOffNotice>();
        notice.WaitForAssertion(() => Assert.Contains("7 standby copies", notice.Markup, StringComparison.Ordinal), s_patience);
        Assert.Equal(5, notice.FindAll("a").Count);
        Assert.Contains("shop4 on host2, shop5 on host2, and 2 more.", string.Join(' ', notice.Find("[role=status]").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static StandbyInfo Kept(string name) => new() { VServer = VServerName.Parse(name), VServerId = Guid.NewGuid(), Role = StandbyRole.Source, Peer = "host2", IntervalMinutes = 60 };

    private void Copies(params StandbyInfo[] kept) =>
        Host.Command.On("vserver-standby list", [new HelloEvent(1, []), .. kept.Select(k => FakeHost.Item(ItemKinds.Standby, k)), new ResultEvent()]);
}
