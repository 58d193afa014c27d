using AngleSharp.Dom;
using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class VServersPageTests : PagesContext
{
    private static readonly string s_job = new('a', 32);

    private static HostOfVServers Three => new(
        VServer("web1", VServerState.Running, "192.0.2.10", "Shop of Brunner"),
        VServer("mail1", VServerState.Stopped, "192.0.2.11"),
        VServer("db1", VServerState.Running, "2001:db8::7", jobId: s_job));

    [Fact]
    public async Task Search_MatchesNameAddressOrDescription_ShowsOnlyThose()
    {
        await StartAsync(Roles.Operator, Three);
        var page = Render<VServersPage>();
        Assert.Equal(["db1", "mail1", "web1"], Names(page));

        await page.TypeAsync("#search", "brunner");
        Assert.Equal(["web1"], Names(page));
        await page.TypeAsync("#search", "2001:DB8");
        Assert.Equal(["db1"], Names(page));
        await page.TypeAsync("#search", "nothing like it");
        Assert.Contains("Nothing matches", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StateFilter_Stopped_ShowsOnlyStopped()
    {
        await StartAsync(Roles.Operator, Three);
        var page = Render<VServersPage>();

        await page.ClickOnStartAsync(".vp-chip", "Stopped");

        Assert.Equal(["mail1"], Names(page));
    }

    [Fact]
    public async Task Rows_JobAtWork_ButtonsAreDisabled()
    {
        await StartAsync(Roles.Operator, Three);
        var page = Render<VServersPage>();

        Assert.True(Button(page, "Stop db1").HasAttribute("disabled"));
        Assert.True(Button(page, "Restart db1").HasAttribute("disabled"));
        Assert.False(Button(page, "Stop web1").HasAttribute("disabled"));
        Assert.False(Button(page, "Start mail1").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Rows_Auditor_HaveNoButtonsAndNoSelection()
    {
        await StartAsync(Roles.Auditor, Three);
        var page = Render<VServersPage>();

        Assert.Equal(["db1", "mail1", "web1"], Names(page));
        Assert.Empty(page.FindAll("[aria-label^=Start], [aria-label^=Stop], [aria-label^=Restart], input[type=checkbox]"));
        Assert.DoesNotContain("Create vserver", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_Clicked_AsksTheHostOnBehalfOfTheUser()
    {
        await StartAsync(Roles.Operator, Three);
        Host.RunsJobs("vserver mail1 start");
        var page = Render<VServersPage>();

        await page.ClickOnAsync("button[aria-label='Start mail1']");

        page.WaitForAssertion(() => Assert.Contains("vserver mail1 start", Commands));
        var request = Host.Command.Requests.Single(r => r.Words is ["vserver", "mail1", "start"]);
        Assert.True(request.Detach);
        Assert.Equal("anna", request.Caller?.UserName);
    }

    [Fact]
    public async Task Start_RoleTakenAwayMeanwhile_IsRefused()
    {
        await StartAsync(Roles.Operator, Three);
        Host.RunsJobs("vserver mail1 start");
        var page = Render<VServersPage>();
        var snackbars = Render<MudBlazor.MudSnackbarProvider>();

        await SetRoleAsync(Roles.Auditor);
        await page.ClickOnAsync("button[aria-label='Start mail1']");

        snackbars.WaitForAssertion(() => Assert.Contains("Not allowed", snackbars.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain("vserver mail1 start", Commands);
    }

    [Fact]
    public async Task Stop_Clicked_AsksTheUserFirst()
    {
        await StartAsync(Roles.Operator, Three);
        Host.RunsJobs("vserver web1 stop");
        var page = Render<VServersPage>();

        var clicked = page.ClickOnAsync("button[aria-label='Stop web1']");
        Dialogs.WaitForAssertion(() => Assert.Contains("Stop web1?", Dialogs.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain("vserver web1 stop", Commands);

        await AnswerAsync("Stop");
        await clicked;
        Assert.Contains("vserver web1 stop", Commands);
    }

    [Fact]
    public async Task Changes_OfTheHost_ShowWithoutReload()
    {
        await StartAsync(Roles.Operator, Three);
        var page = Render<VServersPage>();

        Host.Tell(VServer("mail1", VServerState.Running, "192.0.2.11"));
        Host.Tell(VServer("new1", VServerState.Stopped));

        page.WaitForAssertion(() => Assert.Equal(["db1", "mail1", "new1", "web1"], Names(page)), TimeSpan.FromSeconds(10));
        Assert.NotNull(Button(page, "Stop mail1"));
    }

    [Fact]
    public async Task Selection_StartSeveral_StartsOnlyThoseThatAreStopped()
    {
        await StartAsync(Roles.Operator, new(VServer("a", VServerState.Stopped), VServer("b", VServerState.Running), VServer("c", VServerState.Stopped)));
        Host.RunsJobs("vserver a start");
        Host.RunsJobs("vserver c start");
        var page = Render<VServersPage>();

        await page.SetAsync("[aria-label='Select all that are shown']", true);
        await page.ClickOnAsync("[aria-label='Selected vservers'] button");

        page.WaitForAssertion(() => Assert.Equal(["vserver a start", "vserver c start"], Commands.Where(c => c.EndsWith(" start", StringComparison.Ordinal)).Order()));
    }

    [Fact]
    public async Task Thousand_Rows_AreKnownButFewAreDrawn()
    {
        await StartAsync(Roles.Operator, new([.. Enumerable.Range(1, 1000).Select(n => VServer($"vs{n:0000}", VServerState.Stopped))]));
        var page = Render<VServersPage>();

        Assert.Equal(1000, page.FindComponent<MudBlazor.MudDataGrid<Core.Lifecycle.DirectoryEntry>>().Instance.FilteredItems.Count());
        Assert.True(page.FindAll("tbody tr").Count < 200);
    }

    private static List<string> Names(IRenderedComponent<VServersPage> page) => [.. page.FindAll("tbody a[href^='vservers/']").Select(a => a.TextContent)];

    private static IElement Button(IRenderedComponent<VServersPage> page, string label) => page.Find($"button[aria-label='{label}']");
}
