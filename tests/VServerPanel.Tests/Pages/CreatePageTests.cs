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

public sealed class CreatePageTests : PagesContext
{
    private static readonly OperationPlan s_plan = new(
        [new PlanStep("Unpack Debian 12", ["mmdebstrap", "bookworm", "/vservers/new1"])], ["No reflink: it takes its full size."], [], 300L << 20, 40L << 30);

    [Fact]
    public async Task Wizard_FromSourceToJob_RunsTheCommandThatThePlanShows()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        Host.Command.On("vserver new1 build", request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(s_plan)] : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        var page = await OpenAsync();

        await NextAsync(page);
        await page.TypeOnAsync("#name", "new1");
        await page.TypeOnAsync("#addresses", "192.0.2.20/24");
        await NextAsync(page);
        await page.SetAsync("#memory", "512");
        await NextAsync(page);
        page.WaitForAssertion(() => Assert.Contains("mmdebstrap bookworm /vservers/new1", page.Markup, StringComparison.Ordinal));
        Assert.Contains("No reflink", page.Markup, StringComparison.Ordinal);
        Assert.Contains("300 MiB", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains(Host.Command.Requests, r => r is { Detach: true, Words: ["vserver", "new1", "build", ..] }));
        var (planned, run) = (Host.Command.Requests.Single(r => r.Plan), Host.Command.Requests.First(r => r.Detach && r.Words.Contains("build")));
        Assert.Equal(planned.Words, run.Words);
        Assert.Contains((512L << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), run.Words);
        Assert.EndsWith($"/jobs/{run.JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_CopyOfAVServer_BeginsWithTheNameOfTheCopy()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        Host.Command.On("newvserver --list-sources", new HelloEvent(1, []), FakeHost.Item(ItemKinds.BuildSource, Bookworm), FakeHost.Item(ItemKinds.BuildSource, new BuildSource(BuildMethod.Clone, "web1", "Copy of web1")), new ResultEvent());
        Host.Command.On("vserver web2 build", _ => [new HelloEvent(1, []), FakeHost.Result(s_plan)]);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/create?copyof=web1");
        var page = Render<CreatePage>();
        await page.TypeOnAsync("#name", "web2");
        await page.TypeOnAsync("#addresses", "192.0.2.20/24");
        await NextAsync(page);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains(Commands, c => c.StartsWith("vserver web2 build --method clone --source web1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Wizard_NetworkOfItsOwn_AsksForBridgeRoutersAndNameServers()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        Host.Command.On("vserver new1 build", request => [new HelloEvent(1, []), FakeHost.Result(s_plan)]);
        var page = await OpenAsync();
        await NextAsync(page);
        await page.TypeOnAsync("#name", "new1");
        Assert.Empty(page.FindAll("#gateways"));

        await page.SetAsync("#private", true);
        await page.TypeOnAsync("#addresses", "10.0.0.2");
        await page.TypeOnAsync("#gateways", "10.0.0.1");
        await page.TypeOnAsync("#dns", "10.0.0.1, 10.0.0.53");
        await NextAsync(page);
        page.WaitForAssertion(() => Assert.Contains("10.0.0.2/24", page.Find(".vp-fault").TextContent, StringComparison.Ordinal));
        await page.TypeOnAsync("#addresses", "10.0.0.2/24");
        await NextAsync(page);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains("--network private --link bridge --gateway 10.0.0.1 --dns 10.0.0.1 --dns 10.0.0.53", string.Join(' ', Host.Command.Requests.Single(r => r.Plan).Words), StringComparison.Ordinal));
        Assert.Contains("--ondev br0", string.Join(' ', Host.Command.Requests.Single(r => r.Plan).Words), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web1", "192.0.2.20", "name")]
    [InlineData("-bad", "192.0.2.20", "name")]
    [InlineData("new1", "192.0.2.10", "web1")]
    [InlineData("new1", "198.51.100.4", "host")]
    [InlineData("new1", "300.1.1.1", "300.1.1.1")]
    public async Task Name_TakenOrWrongOrClashing_StaysOnTheStepAndSaysSo(string name, string address, string said)
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        var page = await OpenAsync();
        await NextAsync(page);

        await page.TypeOnAsync("#name", name);
        await page.TypeOnAsync("#addresses", address);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains(said, page.Find(".vp-fault").TextContent, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("Name and addresses", page.Find("[aria-current=step] span").TextContent);
    }

    [Fact]
    public async Task Address_Clash_ShowsWhileTyping()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        var page = await OpenAsync();
        await NextAsync(page);

        await page.TypeOnAsync("#addresses", "192.0.2.10");

        page.WaitForAssertion(() => Assert.Contains("web1", page.Find("#addresses-fault").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        Assert.Empty(page.FindAll("#name-fault"));
    }

    [Fact]
    public async Task Plan_HostRefuses_ShowsTheProblemAndDoesNotGoOn()
    {
        await StartAsync(Roles.Operator, new());
        var refused = s_plan with { Problems = [new ProblemEvent(ProblemCode.NoSpace, "It takes 300 MiB, and 20 MiB are free. Make room first.")] };
        Host.Command.On("vserver new1 build", new HelloEvent(1, []), FakeHost.Result(refused));
        var page = await OpenAsync();
        await NextAsync(page);
        await page.TypeOnAsync("#name", "new1");
        await NextAsync(page);
        await NextAsync(page);

        page.WaitForAssertion(() => Assert.Contains("Make room first", page.Markup, StringComparison.Ordinal));
        Assert.True(page.Find("button[type=submit]").HasAttribute("disabled"));
        await NextAsync(page);
        Assert.DoesNotContain(Host.Command.Requests, r => r.Detach);
    }

    private async Task<IRenderedComponent<CreatePage>> OpenAsync()
    {
        var page = Render<CreatePage>();
        await Eventually.TrueAsync(() => page.FindAll(".vp-choice").Count > 0, "the sources are shown");
        return page;
    }

    private static Task NextAsync(IRenderedComponent<CreatePage> page) => page.SubmitFormAsync();
}
