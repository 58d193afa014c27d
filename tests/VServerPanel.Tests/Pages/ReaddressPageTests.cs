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

public sealed class ReaddressPageTests : PagesContext
{
    private const string Diff = "--- /vservers/web1/etc/hosts\n+++ /vservers/web1/etc/hosts\n@@ -3,2 +3,2 @@\n # ours\n-192.0.2.10 web1\n+192.0.2.11 web1\n";

    [Fact]
    public async Task Wizard_OtherAddress_ShowsEachLineAndRunsWhatItShowed()
    {
        var page = await OpenAsync(request => request.Plan
            ? [new HelloEvent(1, []), FakeHost.Result(new OperationPlan([new PlanStep("Write /vservers/web1/etc/hosts")], ["Services keep the old one."], []) { Changes = [new FileChange("/vservers/web1/etc/hosts", Diff)] })]
            : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);
        Assert.Equal("web1.example.net", page.Find("#hostname").GetAttribute("value"));

        await page.SetAsync("#addresses", "192.0.2.11/24");
        await page.SubmitFormAsync();

        page.WaitForElement(".vp-diff");
        Assert.Equal("3", page.Find(".vp-diff div:not(.vp-gap) > span").TextContent);
        Assert.Equal(["192.0.2.10 web1"], page.FindAll(".vp-removed > span:last-child").Select(s => s.TextContent));
        Assert.Equal(["192.0.2.11 web1"], page.FindAll(".vp-added > span:last-child").Select(s => s.TextContent));
        Assert.DoesNotContain(Host.Command.Requests, r => r.Words.Contains("readdress") && !r.Plan);
        await page.SubmitFormAsync();

        var request = Assert.Single(Host.Command.Requests, r => r.Words.Contains("readdress") && !r.Plan);
        Assert.Equal("vserver web1 readdress --ip=192.0.2.11/24 for anna", $"{string.Join(' ', request.Words)} for {request.Caller?.UserName}");
        Assert.EndsWith($"jobs/{request.JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wizard_Clash_CannotBeRun()
    {
        var page = await OpenAsync(_ => [new HelloEvent(1, []), FakeHost.Result(new OperationPlan([], [], [new ProblemEvent(ProblemCode.AddressInUse, "192.0.2.9 is db1's.")]) { Changes = [] })]);
        await page.SetAsync("#addresses", "192.0.2.9/24");
        await page.SubmitFormAsync();

        page.WaitForAssertion(() => Assert.Contains("is db1's", page.Find("main, .vp-wizard").TextContent, StringComparison.Ordinal));
        Assert.True(page.FindAll("button").Single(b => b.TextContent.Trim() == "Change it").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Wizard_NothingDifferent_SaysSo()
    {
        var page = await OpenAsync(_ => throw new InvalidOperationException("it was asked"));
        await page.SubmitFormAsync();
        page.WaitForAssertion(() => Assert.Contains("Nothing is different yet", page.Markup, StringComparison.Ordinal));
    }

    private async Task<IRenderedComponent<ReaddressPage>> OpenAsync(Func<Core.Hosts.HostRequest, IEnumerable<WireEvent>> answer)
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running, "192.0.2.10")));
        Host.Command.On("vserver web1 config show", new HelloEvent(1, []), FakeHost.Result(new ConfDocument("", new string('0', 64), new Dictionary<string, string> { ["S_HOSTNAME"] = "web1.example.net", ["IPROOT"] = "192.0.2.10/24" }, [])));
        Host.Command.On("vserver web1 readdress", request => [.. answer(request)]);
        var page = Render<ReaddressPage>(p => p.Add(r => r.Name, "web1"));
        page.WaitForElement("#addresses", TimeSpan.FromSeconds(5));
        return page;
    }
}
