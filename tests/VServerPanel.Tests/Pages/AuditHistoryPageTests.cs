using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class AuditHistoryPageTests : PagesContext
{
    [Fact]
    public async Task Filters_Applied_AreInTheAddressInTheListAndInTheCsvLink()
    {
        await StartAsync(Roles.Auditor);
        await RecordAsync("carla", "sign-in", 2);
        await RecordAsync("dora", "sign-in", 3);
        var page = Render<AuditHistoryPage>();
        Assert.Equal(5, page.FindAll("tbody tr").Count);

        await page.SetAsync("#user", "carla");
        await page.SubmitFormAsync();
        var address = Services.GetRequiredService<NavigationManager>().Uri;
        Assert.EndsWith("/audit?user=carla", address, StringComparison.Ordinal);

        page.Render();
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("tbody tr").Count));
        Assert.Equal("audit/export?user=carla", page.Find("a[href^='audit/export']").GetAttribute("href"));
    }

    [Fact]
    public async Task Paging_MoreThanAPage_GoesToOlderAndBack()
    {
        await StartAsync(Roles.Auditor);
        await RecordAsync("carla", "sign-in", 60);
        var page = Render<AuditHistoryPage>();
        Assert.Equal(50, page.FindAll("tbody tr").Count);
        Assert.Contains("1–50 of 60", page.Markup, StringComparison.Ordinal);

        await page.ClickButtonAsync("Older");
        Assert.Equal(10, page.FindAll("tbody tr").Count);
        Assert.Contains("51–60 of 60", page.Markup, StringComparison.Ordinal);
        Assert.True(Button(page, "Older").HasAttribute("disabled"));

        await page.ClickButtonAsync("Newer");
        Assert.Equal(50, page.FindAll("tbody tr").Count);
    }

    [Fact]
    public async Task Chain_Checked_SaysThatItIsIntact()
    {
        await StartAsync(Roles.Auditor);
        await RecordAsync("carla", "sign-in", 3);
        var page = Render<AuditHistoryPage>();

        await page.ClickButtonAsync("Check the chain");

        Assert.Contains("The history is as it was written", page.Markup, StringComparison.Ordinal);
        Assert.Contains("3 entries checked", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_Opened_ShowsDetailsAsText()
    {
        await StartAsync(Roles.Auditor);
        await Services.GetRequiredService<AuditService>().RecordEventAsync(new Caller("u", "<b>carla</b>", "192.0.2.9"), "sign-in-failed", "<script>alert(1)</script>");
        var page = Render<AuditHistoryPage>();

        await page.ClickOnAsync(".vp-open");

        Assert.Contains("192.0.2.9", page.Find("[role=dialog]").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("script, td b"));
    }

    private async Task RecordAsync(string user, string operation, int times)
    {
        var history = Services.GetRequiredService<AuditService>();
        for (var i = 0; i < times; i++)
        {
            await history.RecordEventAsync(new Caller("u", user, null), operation, $"number {i}");
        }
    }

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<AuditHistoryPage> page, string text) => page.FindAll("button").Single(b => b.TextContent.Trim() == text);
}
