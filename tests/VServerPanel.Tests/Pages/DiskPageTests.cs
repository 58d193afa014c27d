using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.DiskShares;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Unification;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

public sealed class DiskPageTests : PagesContext
{
    internal static DiskSummary Disk { get; } = new("xfs", "/vservers", SharingMethod.Reflink, "xfs shares blocks between files.", 100L << 30, 40L << 30, 700L << 20);

    [Fact]
    public async Task Disk_EveryVServer_HasItsFiguresWithUnits()
    {
        await StartAsync(Roles.Auditor, Measured(Share("web1"), Share("web2", drift: 12)));
        var page = await OpenAsync();

        Assert.Equal(["900 MiB", "1.6 GiB", "700 MiB", "40 GiB"], page.FindAll(".vp-figure .v").Select(f => f.TextContent));
        Assert.Equal(["web1", "web2"], page.FindAll(".vp-bar-row a").Select(a => a.TextContent));
        Assert.Equal("own 40 MiB, its part of what is shared 80 MiB, carried by others 680 MiB", page.Find(".vp-bar-row .vp-bar").GetAttribute("aria-label"));
        Assert.Contains("12 files", page.Find("[aria-labelledby=drift]").TextContent, StringComparison.Ordinal);

        // who may only look is offered nothing that changes something
        Assert.DoesNotContain("Unify again", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("#schedule-on"));
    }

    [Fact]
    public async Task Drift_Operator_UnifiesAgainThoseAndTheirOthers()
    {
        await StartAsync(Roles.Operator, Measured(Share("web1"), Share("web2", drift: 12)));
        var page = await OpenAsync();
        Assert.Contains(page.FindAll("a"), a => a.GetAttribute("href") == "unify?with=web1,web2" && a.TextContent.Trim() == "Unify again");
    }

    [Fact]
    public async Task Disk_Many_AreSearchedAndOrdered()
    {
        await StartAsync(Roles.Auditor, Measured([.. Enumerable.Range(1, 30).Select(i => Share($"web{i:00}", drift: i == 17 ? 12 : null))]));
        var page = await OpenAsync();

        // bUnit has no heights: what is arranged is what the list is given
        List<string> Names() => [.. page.FindComponent<Microsoft.AspNetCore.Components.Web.Virtualization.Virtualize<DiskShare>>().Instance.Items!.Select(s => s.VServer!.Value.Value)];
        Assert.Equal(30, Names().Count);
        await page.SetAsync("#disk-order", "Drift");
        Assert.Equal("web17", Names()[0]);
        await page.TypeAsync("#disk-search", "B0");
        Assert.Equal(9, Names().Count);
        await page.TypeAsync("#disk-search", "nobody");
        Assert.Contains("No vserver is called like that", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_NoVServers_SaysWhatToDo()
    {
        await StartAsync(Roles.Operator, Measured());
        var page = Render<DiskPage>();
        page.WaitForAssertion(() => Assert.Contains("No vservers yet", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("No unification is on record", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_HostFails_SaysSoAndMeasuresAgainOnRequest()
    {
        var host = Measured();
        host.Command.On("vdu", new ProblemEvent(ProblemCode.InputOutput, "/vservers cannot be read. Look at the host's disk."));
        await StartAsync(Roles.Operator, host);
        var page = Render<DiskPage>();
        page.WaitForAssertion(() => Assert.Contains("Look at the host", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        host.Command.On("vdu", new HelloEvent(1, []), Share("web1"), FakeHost.Result(Disk));
        await page.ClickButtonAsync("Measure again");
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".vp-bar-row a")), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Why_AFile_IsExplained()
    {
        var host = Measured(Share("web1"), Share("web2"));
        host.Command.On("vfiles web2 --why /bin/su", FakeHost.Item(ItemKinds.SharingAnswer, new SharingAnswer(VServerName.Parse("web2"), "/bin/su", false, "set-id", "It runs with the rights of its owner.", "util-linux 2.38")), new ResultEvent());
        await StartAsync(Roles.Auditor, host);
        var page = await OpenAsync();

        await page.SetAsync("#why-vserver", "web2");
        await page.TypeAsync("#why-path", "/bin/su");
        await page.SubmitFormAsync("form:has(#why-path)");

        page.WaitForAssertion(() => Assert.Contains("It runs with the rights of its owner", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("util-linux 2.38", page.Markup, StringComparison.Ordinal);
        await page.TypeAsync("#why-path", "bin/su");
        await page.SubmitFormAsync("form:has(#why-path)");
        page.WaitForAssertion(() => Assert.Contains("from its root", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Schedule_SetAndRefused()
    {
        await StartAsync(Roles.Operator, Measured(Share("web1"), Share("web2")));
        var page = await OpenAsync();
        await page.SetAsync("#schedule-on", true);
        await page.SubmitFormAsync("form:has(#schedule-on)");
        page.WaitForAssertion(() => Assert.Contains("Choose the reference", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        await page.SetAsync("#schedule-day", "Monday");
        await page.SetAsync("#schedule-hour", "3");
        await page.SetAsync("#schedule-reference", "web1");
        await page.SetAsync("#schedule-members", "web2 nobody");
        await page.SubmitFormAsync("form:has(#schedule-on)");
        page.WaitForAssertion(() => Assert.Contains("no vserver 'nobody'", page.Find("[aria-labelledby=schedule] [role=alert]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        await page.SetAsync("#schedule-members", "ALL");
        await page.SetAsync("#schedule-method", "Immutable");
        await page.SubmitFormAsync("form:has(#schedule-on)");
        page.WaitForAssertion(() => Assert.Contains("Saved.", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        var schedule = (await Services.GetRequiredService<ScheduleService>().GetAsync()).Schedule;
        Assert.Equal((true, SchedulePeriod.Weekly, DayOfWeek.Monday, 3, "web1"), (schedule.IsOn, schedule.Period, schedule.Day, schedule.Hour, schedule.Reference?.Value));
        Assert.Null(schedule.Members);
        Assert.Equal(SharingMethod.Immutable, schedule.Method);
        Assert.Equal("Immutable", (await OpenAsync()).Find("#schedule-method").GetAttribute("value"));
    }

    [Fact]
    public async Task Card_OfAVServer_TellsWhatIsItsOwn_AndUndoTellsTheRoomFirst()
    {
        var host = Measured(Share("web1"), Share("web2"));
        host.RunsJobs("vserver web1 deunify");
        var run = host.Command;
        await StartAsync(Roles.Operator, host);
        var card = Render<DiskCard>(p => p.Add(c => c.Name, VServerName.Parse("web1")));
        card.WaitForAssertion(() => Assert.Contains("40 MiB", card.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        run.On("vserver web1 deunify", request => request.Plan ? [new HelloEvent(1, []), FakeHost.Result(Undo())] : [new HelloEvent(1, [], request.JobId), new ResultEvent()]);

        var opened = card.ClickButtonAsync("Undo sharing …");
        Dialogs.WaitForAssertion(() => Assert.Contains("It takes up to 760 MiB", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(run.Requests, r => r.Detach);
        await Dialogs.ClickButtonAsync("Undo sharing");
        await opened;
        Assert.Contains(run.Requests, r => r is { Detach: true, Words: ["vserver", "web1", "deunify"] });
    }

    [Fact]
    public async Task Undo_NoRoom_IsNotOffered()
    {
        var host = Measured(Share("web1"));
        host.Command.On("vdu", new HelloEvent(1, []), Share("web1"), FakeHost.Result(Disk with { BytesFree = 100L << 20 }));
        host.Command.On("vserver web1 deunify", new HelloEvent(1, []), FakeHost.Result(Undo()));
        await StartAsync(Roles.Operator, host);
        var card = Render<DiskCard>(p => p.Add(c => c.Name, VServerName.Parse("web1")));
        card.WaitForAssertion(() => Button(card, "Undo sharing …"), TimeSpan.FromSeconds(10));
        _ = card.ClickButtonAsync("Undo sharing …");
        Dialogs.WaitForAssertion(() => Assert.Contains("There is not enough room", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.True(Button(Dialogs, "Undo sharing").HasAttribute("disabled"));
    }

    internal static ItemEvent Share(string name, long? drift = null) => FakeHost.Item(ItemKinds.DiskShare, new DiskShare(
        VServerName.Parse(name), $"/vservers/{name}", 25_000, 800L << 20, 40L << 20, 120L << 20, 23_800, 760L << 20, drift is null ? null : DateTimeOffset.UnixEpoch, drift, drift << 20, drift is null ? null : [VServerName.Parse("web1")]));

    private static UnificationPlan Undo() => new()
    {
        Method = SharingMethod.Reflink,
        MethodReason = "",
        Scope = UnificationScope.Content,
        Files = 25_000,
        FilesToShare = 23_800,
        FilesShared = 0,
        BytesSaved = 0,
        IsEstimate = false,
        Members = [],
        Skipped = [],
        Command = ["vserver", "web1", "deunify"],
    };

    private static HostOfVServers Measured(params WireEvent[] shares)
    {
        var host = new HostOfVServers(VServer("web1", VServerState.Running), VServer("web2", VServerState.Stopped));
        host.Command.On("vdu", [new HelloEvent(1, []), .. shares, FakeHost.Result(Disk)]);
        return host;
    }

    private static IElement Button<T>(IRenderedComponent<T> page, string text)
        where T : Microsoft.AspNetCore.Components.IComponent => page.FindAll("button").Single(b => b.TextContent.Trim() == text);

    private async Task<IRenderedComponent<DiskPage>> OpenAsync()
    {
        var page = Render<DiskPage>();
        await Eventually.TrueAsync(() => page.FindAll(".vp-bar-row a").Count > 0, "the shares are shown");
        return page;
    }
}
