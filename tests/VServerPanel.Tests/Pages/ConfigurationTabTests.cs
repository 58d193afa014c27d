using Bunit;
using VServerPanel.Components.VServers;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class ConfigurationTabTests : PagesContext
{
    private const string Opened = "S_HOSTNAME=web1\nMEMORY_LIMIT=512M\n";

    private string _onDisk = Opened;
    private List<ConfFinding> _findings = [];

    [Fact]
    public async Task Text_WithError_ShowsFindingByLineAndCannotBeSaved()
    {
        var tab = await OpenAsync(Roles.Operator);
        _findings = [new(2, "MEMORY_LIMIT", "MEMORY_LIMIT is a number: 512M.", true)];

        await tab.TypeAsync("#conf", "S_HOSTNAME=web1\nMEMORY_LIMIT=lots\n");

        tab.WaitForAssertion(() => Assert.Contains("Line 2", tab.Find("#findings").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        Assert.Contains("MEMORY_LIMIT is a number", tab.Markup, StringComparison.Ordinal);
        Assert.True(Review(tab).HasAttribute("disabled"));
    }

    [Fact]
    public async Task Save_AfterReview_SendsTheTextWithTheDigestThatWasOpened()
    {
        var tab = await OpenAsync(Roles.Operator);
        await ReviewAsync(tab, "S_HOSTNAME=web1\nMEMORY_LIMIT=1G\n");

        Assert.Contains("MEMORY_LIMIT takes effect at its next start", tab.Markup, StringComparison.Ordinal);
        Assert.Contains("MEMORY_LIMIT=512M", tab.Find(".vp-removed").TextContent, StringComparison.Ordinal);
        Assert.Contains("MEMORY_LIMIT=1G", tab.Find(".vp-added").TextContent, StringComparison.Ordinal);
        await SaveAsync(tab);

        tab.WaitForAssertion(() => Assert.Equal("S_HOSTNAME=web1\nMEMORY_LIMIT=1G\n", _onDisk));
        tab.WaitForAssertion(() => Assert.NotNull(tab.Find("#conf")));
    }

    [Fact]
    public async Task Save_ChangedByAnotherMeanwhile_ShowsTheConflictAndOverwritesNothing()
    {
        var tab = await OpenAsync(Roles.Operator);
        await ReviewAsync(tab, "S_HOSTNAME=mine\nMEMORY_LIMIT=512M\n");
        _onDisk = "S_HOSTNAME=theirs\nMEMORY_LIMIT=512M\n";

        await SaveAsync(tab);

        tab.WaitForAssertion(() => Assert.Contains("Someone else changed this file", tab.Markup, StringComparison.Ordinal));
        Assert.Contains("S_HOSTNAME=theirs", tab.Find(".vp-added").TextContent, StringComparison.Ordinal);
        Assert.Equal("S_HOSTNAME=theirs\nMEMORY_LIMIT=512M\n", _onDisk);

        await tab.ClickOnStartAsync("button", "Keep mine");
        tab.WaitForAssertion(() => Assert.Contains("S_HOSTNAME=theirs", tab.Find(".vp-removed").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        await SaveAsync(tab);
        tab.WaitForAssertion(() => Assert.Equal("S_HOSTNAME=mine\nMEMORY_LIMIT=512M\n", _onDisk));
    }

    [Fact]
    public async Task Auditor_ReadsAndCannotWrite()
    {
        var tab = await OpenAsync(Roles.Auditor);
        Assert.True(tab.Find("#conf").HasAttribute("readonly"));
        Assert.DoesNotContain("Review and save", tab.Markup, StringComparison.Ordinal);
    }

    private async Task<IRenderedComponent<ConfigurationTab>> OpenAsync(string role)
    {
        await StartAsync(role, new(VServer("web1", VServerState.Running)));
        Host.Command.On("vserver web1 config show", _ => [new HelloEvent(1, []), FakeHost.Result(Document())]);
        Host.Command.On("vserver web1 config check", _ => [new HelloEvent(1, []), FakeHost.Result(new ConfCheck(_findings, ["MEMORY_LIMIT"]))]);
        Host.Command.On("vserver web1 config set", request =>
        {
            if (!request.Words.Contains(Document().Digest))
            {
                return [new HelloEvent(1, []), new ProblemEvent(ProblemCode.Conflict, "The file has changed since it was opened.")];
            }

            _onDisk = request.StandardInput!;
            return [new HelloEvent(1, []), FakeHost.Result(Document())];
        });
        var tab = Render<ConfigurationTab>(p => p.Add(t => t.Name, VServerName.Parse("web1")).Add(t => t.State, VServerState.Running));
        await Eventually.TrueAsync(() => tab.FindAll("#conf").Count > 0, "the file is shown");
        return tab;
    }

    private ConfDocument Document() => new(
        _onDisk, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(_onDisk))), new Dictionary<string, string>(), []);

    private static async Task ReviewAsync(IRenderedComponent<ConfigurationTab> tab, string text)
    {
        await tab.TypeAsync("#conf", text);
        tab.WaitForAssertion(() => Assert.False(Review(tab).HasAttribute("disabled")), TimeSpan.FromSeconds(5));
        await tab.ClickButtonAsync("Review and save");
    }

    private static AngleSharp.Dom.IElement Review(IRenderedComponent<ConfigurationTab> tab) => tab.FindAll("button").Single(b => b.TextContent.Trim() == "Review and save");

    private static Task SaveAsync(IRenderedComponent<ConfigurationTab> tab) => tab.ClickButtonAsync("Save");
}
