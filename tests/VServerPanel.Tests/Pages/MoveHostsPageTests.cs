using Bunit;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class MoveHostsPageTests : PagesContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Add_ShowsTheFingerprintFirst_AndIsOnRecord()
    {
        var page = await OpenAsync();
        Host.Command.On("vserver-hosts add", new HelloEvent(1, []), FakeHost.Result(Moves.HostB));
        await page.SetAsync("#peer-name", "hostb");
        await page.SetAsync("#peer-address", "192.0.2.7");
        await page.TypeAsync("#peer-key", Moves.HostKey + " root@hostb\n");
        Assert.Contains(Moves.Fingerprint, page.Markup, StringComparison.Ordinal);
        await page.ClickButtonAsync("Add it");

        page.WaitForAssertion(() => Assert.Contains($"vserver-hosts add hostb --address=192.0.2.7 --port=22 --host-key={Moves.HostKey}", Commands), s_patience);
        var entries = (await Services.GetRequiredService<AuditService>().QueryAsync(new AuditFilter(), cancellationToken: Xunit.TestContext.Current.CancellationToken)).Entries;
        Assert.Contains(entries, e => e is { Operation: "host-add", User: "anna" } && e.Detail!.Contains(Moves.Fingerprint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Add_NoKey_IsToldAndNotAsked()
    {
        var page = await OpenAsync();
        await page.SetAsync("#peer-name", "hostb");
        await page.SetAsync("#peer-address", "192.0.2.7");
        await page.TypeAsync("#peer-key", "-oProxyCommand=id AAAA");
        Assert.Contains("This is no public key", page.Markup, StringComparison.Ordinal);
        await page.ClickButtonAsync("Add it");
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".vp-banner-error")), s_patience);
        Assert.DoesNotContain(Commands, c => c.StartsWith("vserver-hosts add", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_IsOpened_MakesNoKey_AndShowsWhoMaySend()
    {
        var page = await OpenAsync();
        Assert.Contains("Make the key", page.Markup, StringComparison.Ordinal);
        Assert.Contains("hostc", page.Find("[aria-labelledby=sources]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Command.Requests, r => r is { Words: ["vserver-hosts", "key"], Plan: false });

        Host.Command.On("vserver-hosts key", new HelloEvent(1, []), FakeHost.Result(new HostKeys(Moves.HostKey, Moves.Fingerprint, [Moves.HostKey], "hosta")));
        await page.ClickButtonAsync("Make the key");
        page.WaitForAssertion(() => Assert.Contains($"vserver-hosts allow hosta '{Moves.HostKey}'", page.Find("[aria-labelledby=own-keys]").TextContent, StringComparison.Ordinal), s_patience);
    }

    [Fact]
    public async Task Deny_IsConfirmedFirst()
    {
        var page = await OpenAsync();
        Host.Command.On("vserver-hosts deny", new HelloEvent(1, []), new ResultEvent());
        var clicked = page.ClickOnAsync("[aria-label='Deny hostc']");
        Dialogs.WaitForAssertion(() => Assert.Contains("hostc can send no vserver here any more", Dialogs.Markup, StringComparison.Ordinal), s_patience);
        Assert.DoesNotContain("vserver-hosts deny hostc", Commands);
        await AnswerAsync("Deny");
        await clicked;
        Assert.Contains("vserver-hosts deny hostc", Commands);
    }

    [Fact]
    public async Task Operator_MayNot()
    {
        await StartAsync(Roles.Operator);
        Host.Knows();
        var page = Render<MoveHostsPage>();
        page.WaitForAssertion(() => Assert.Contains("Not allowed", page.Markup, StringComparison.Ordinal), s_patience);
        Assert.DoesNotContain(Commands, c => c.StartsWith("vserver-hosts", StringComparison.Ordinal));
    }

    private async Task<IRenderedComponent<MoveHostsPage>> OpenAsync()
    {
        await StartAsync(Roles.Administrator);
        Host.Knows();
        Host.Command.On("vserver-hosts key", new HelloEvent(1, []), FakeHost.Result(new OperationPlan([new PlanStep("Make the key")], [], [])));
        var page = Render<MoveHostsPage>();
        page.WaitForElement("#peer-key", s_patience);
        return page;
    }
}
