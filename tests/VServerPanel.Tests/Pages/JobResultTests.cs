using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using VServerPanel.Components.Pages;
using VServerPanel.Components.Parts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Pages;

/// <summary>What the page of a job shows beyond its log: savings, and a row per vserver.</summary>
public sealed class JobResultTests : PagesContext
{
    private static readonly string s_id = new('c', 32);

    [Fact]
    public async Task Unified_ShowsSavingsAndDf_AndOffersUndo()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Host.Command.On("vdu", new HelloEvent(1, []), DiskPageTests.Share("web1"), DiskPageTests.Share("web2"), FakeHost.Result(DiskPageTests.Disk));
        Script(JobState.Succeeded, ["vunify", "--json", "web1", "web2", "--", "ALL"], new ProgressEvent(1, 2, "Scanning"), FakeHost.Result(new UnificationOutcome
        {
            Method = SharingMethod.Reflink,
            FilesChanged = 23_800,
            FilesShared = 23_812,
            BytesSaved = 700L << 20,
            BytesFreeBefore = 4L << 30,
            BytesFreeAfter = 5L << 30,
            Members = [UnifyPageTests.Member("web1"), UnifyPageTests.Member("web2")],
            Skipped = [new SkippedFiles("differs", "Their contents differ.", 7, 1 << 20)],
            Milliseconds = 9_000,
            FilesVerified = 23_800,
        }));

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("What was saved", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        page.WaitForAssertion(() => Assert.Equal(["940 MiB", "240 MiB"], page.FindAll(".vp-totals b").Select(b => b.TextContent)), TimeSpan.FromSeconds(10));
        foreach (var figure in new[] { "700 MiB", "4 GiB", "5 GiB", "23\u00a0800 files looked at again", "9 s", "Their contents differ." })
        {
            Assert.Contains(figure, page.Markup, StringComparison.Ordinal);
        }

        Host.Command.On("vunify --undo web1 web2", new HelloEvent(1, []), new ProblemEvent(ProblemCode.Busy, "Another operation is at work."));
        page.WaitForAssertion(() => Assert.Contains("Done", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        _ = page.ClickButtonAsync("Undo …");
        Dialogs.WaitForAssertion(() => Assert.Contains("Another operation is at work", Dialogs.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(SharingMethod.HardLink, "Shared, and more is taken", true)]
    [InlineData(null, "Files of their own again", false)]
    public async Task Unified_MoreIsTaken_IsAnUndoOnlyWhereNothingWasToBeShared(SharingMethod? method, string title, bool hasUndo)
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Script(JobState.Succeeded, ["vunify", "--json", "web1", "web2", "--", "ALL"], FakeHost.Result(new UnificationOutcome
        {
            Method = method,
            FilesChanged = 3,
            FilesShared = 0,
            BytesSaved = -(5L << 20),
            BytesFreeBefore = 4L << 30,
            BytesFreeAfter = 4L << 30,
            Members = [UnifyPageTests.Member("web1"), UnifyPageTests.Member("web2")],
            Skipped = [],
            Milliseconds = 9_000,
            FilesVerified = 3,
        }));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));
        page.WaitForAssertion(() => Assert.StartsWith(title, page.Find("#result").TextContent.Trim(), StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("Taken", page.FindAll("dt").Select(d => d.TextContent));
        Assert.Equal(hasUndo, page.Find("#result").TextContent.Contains("Undo …", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SharingMethod.Reflink, "all that can be shared is shared.")]
    [InlineData(null, "they shared nothing of what was asked for.")]
    public async Task Unified_NothingToDo_SaysWhy(SharingMethod? method, string why)
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Script(JobState.Succeeded, method is null ? ["vserver", "--json", "web1", "deunify"] : ["vunify", "--json", "web1", "web2", "--", "ALL"], FakeHost.Result(new UnificationOutcome
        {
            Method = method,
            FilesChanged = 0,
            FilesShared = 0,
            BytesSaved = 0,
            BytesFreeBefore = 4L << 30,
            BytesFreeAfter = 4L << 30,
            Members = [UnifyPageTests.Member("web1")],
            Skipped = [],
            Milliseconds = 9_000,
            FilesVerified = 0,
        }));
        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));
        page.WaitForAssertion(() => Assert.Contains($"There was nothing to do: {why}", page.Find("[aria-labelledby=result]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Packages_RowPerVServer_AndTryAgainWhereItFailed()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        Script(
            JobState.Failed,
            ["vapt", "--unify", "web1", "web2", "--", "upgrade"],
            new LogEvent(LogEvent.Output, "web2: E: no network"),
            FakeHost.Item(ItemKinds.PackageOutcome, new PackageOutcome(VServerName.Parse("web1"), OperationOutcome.Succeeded, 0, null, [new PackageChange("nginx", "1.0", "1.1")], 8_100)),
            FakeHost.Item(ItemKinds.PackageOutcome, new PackageOutcome(VServerName.Parse("web2"), OperationOutcome.Failed, 100, "apt-get ended with exit code 100.", [], 900)),
            new ProblemEvent(ProblemCode.CommandFailed, "It failed in 1 of 2 vservers."));
        Host.Command.On("vapt", request => [new HelloEvent(1, [], request.JobId), new ResultEvent()]);

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));

        page.WaitForAssertion(() => Assert.Contains("2 of 2 ended", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        var rows = page.FindAll("[aria-labelledby=run] tbody tr");

        // what failed comes first, with what it wrote
        Assert.Contains("E: no network", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("1.0 → 1.1", rows[1].TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("Try again in 1 vserver", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        await page.ClickButtonAsync("Try again in 1 vserver");
        page.WaitForAssertion(() => Assert.Contains($"vapt --retry {s_id} --unify web2 -- upgrade", Commands), TimeSpan.FromSeconds(10));
        Assert.Contains("/jobs/", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_ManyVServers_AreFilteredAndShownInParts()
    {
        await StartAsync(Roles.Operator, new(VServer("web1", VServerState.Running)));
        var names = Enumerable.Range(1, 120).Select(i => VServerName.Parse($"web{i:000}")).ToList();
        Script(
            JobState.Failed,
            ["vapt", .. names.Select(n => n.Value), "--", "upgrade"],
            [
                .. names.Select(n => new LogEvent(LogEvent.Output, $"{n}: of {n}")),
                .. names.Select((n, i) => FakeHost.Item(ItemKinds.PackageOutcome, new PackageOutcome(n, i % 20 == 7 ? OperationOutcome.Failed : OperationOutcome.Succeeded, 0, i % 20 == 7 ? "no network" : null, [], 900))),
                new ProblemEvent(ProblemCode.CommandFailed, "It failed in 6 of 120 vservers."),
            ]);

        var page = Render<JobPage>(p => p.Add(j => j.Id, s_id));
        page.WaitForAssertion(() => Assert.Contains("120 of 120 ended", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Equal(50, Rows().Count);
        Assert.All(Rows()[..6], r => Assert.Contains("no network", r.TextContent, StringComparison.Ordinal));
        await page.ClickOnStartAsync("button", "Show 50 more of 120");
        Assert.Equal(100, Rows().Count);
        await page.ClickOnAsync(".vp-chip", "Failed6");
        Assert.Equal(6, Rows().Count);

        // what one wrote is read when it is asked for
        Assert.Empty(page.FindAll("[aria-labelledby=run] pre"));
        await page.ClickOnAsync("[aria-labelledby=run] tbody tr:first-child button");
        Assert.Equal("of web008", page.Find("[aria-labelledby=run] pre").TextContent);

        List<AngleSharp.Dom.IElement> Rows() => [.. page.FindAll("[aria-labelledby=run] tbody tr")];
    }

    [Fact]
    public void Pace_HalfDoneInTenSeconds_HasTenSecondsLeft()
    {
        var at = DateTimeOffset.UnixEpoch;
        var pace = new JobPace().With(new ProgressEvent(1, 2, "Comparing", 0, 100, "files"), at).With(new ProgressEvent(1, 2, "Comparing", 50, 100, "files"), at.AddSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(10), pace.Left(at.AddSeconds(10)));
        Assert.Equal(TimeSpan.FromSeconds(4), pace.Left(at.AddSeconds(16)));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Left(at.AddSeconds(40)));

        // another step has another pace, and what just began has none
        Assert.Null(pace.With(new ProgressEvent(2, 2, "Sharing", 1, 100, "files"), at.AddSeconds(11)).Left(at.AddSeconds(11)));
        Assert.Null(new JobPace().Left(at));
    }

    private void Script(JobState state, string[] command, params WireEvent[] lines)
    {
        Host.Command.On($"vserver-jobs follow {s_id}", [new HelloEvent(1, [], s_id), .. lines]);
        Host.Command.On($"vserver-jobs show {s_id}", new HelloEvent(1, []), FakeHost.Result(new JobInfo
        {
            Id = s_id,
            Operation = command[0],
            Actor = new Actor("vserverpanel", PanelUser: "anna"),
            Command = command,
            State = state,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = DateTimeOffset.UtcNow,
        }));
    }
}
