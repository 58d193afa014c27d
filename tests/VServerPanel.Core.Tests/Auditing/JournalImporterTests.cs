using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Auditing;

public class JournalImporterTests
{
    [Fact]
    public async Task Import_DoneInAShell_SaysWhoAndHow()
    {
        var jobs = new JobHost();
        var id = Guid.NewGuid();
        jobs.Journal(Entry(1, JournalPhase.Ended) with { Actor = new Actor("carol", "carol"), VServerId = id, Command = ["vserver", "web 1", "stop"], Before = "a", After = "b" });
        await using var core = await TestCore.CreateAsync(jobs.Host);

        Assert.Equal(1, await core.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken));

        var entry = Assert.Single((await core.Get<AuditService>().QueryAsync(new AuditFilter())).Entries);
        Assert.Equal(("carol", "carol", AuditOrigin.Host, "vserver 'web 1' stop", "a", "b", id), (entry.User, entry.Login, entry.Origin, entry.Command, entry.Before, entry.After, entry.VServerId));
    }

    [Fact]
    public async Task Import_Again_GoesOnWhereItStopped()
    {
        var jobs = new JobHost();
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var importer = core.Get<JournalImporter>();
        for (var i = 0; i < 1200; i++)
        {
            jobs.Journal(Entry(i, JournalPhase.Asked));
        }

        Assert.Equal(1200, await importer.ImportAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await importer.ImportAsync(TestContext.Current.CancellationToken));
        jobs.Journal(Entry(5000, JournalPhase.Asked));
        Assert.Equal(1, await importer.ImportAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["0", "1200", "1200"], jobs.Host.Requests.Select(r => r.Words[3]));
    }

    [Fact]
    public async Task Import_EndlessJournal_IsReadBitByBit()
    {
        var host = new FakeHost();
        var told = 0L;
        host.On("vserver-jobs journal", request => Endless(long.Parse(request.Words[3], System.Globalization.CultureInfo.InvariantCulture)));
        await using var core = await TestCore.CreateAsync(host);
        var importer = core.Get<JournalImporter>();

        var first = await importer.ImportAsync(TestContext.Current.CancellationToken);

        Assert.True(importer.IsBehind);
        Assert.InRange(told, 33_000_000, 35_000_000);
        Assert.Equal(first, await importer.ImportAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["0", $"{first}"], host.Requests.Select(r => r.Words[3]));
        Assert.Equal(2 * first, await core.Get<AuditService>().CountAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken));

        host.On("vserver-jobs journal", FakeHost.Result(new JournalPosition(2 * first)));
        await importer.ImportAsync(TestContext.Current.CancellationToken);
        Assert.False(importer.IsBehind);

        IEnumerable<WireEvent> Endless(long from)
        {
            for (var i = from + 1; ; i++)
            {
                told += 100_000;
                yield return FakeHost.Item(ItemKinds.Journal, Entry((int)i, JournalPhase.Asked) with { Position = i, Before = new string('x', 100_000) });
            }
        }
    }

    [Fact]
    public async Task Import_TwoPanelsAtOnce_KeepsEachEntryOnce()
    {
        var jobs = new JobHost();
        for (var i = 0; i < 700; i++)
        {
            jobs.Journal(Entry(i, JournalPhase.Asked));
            jobs.Journal(Entry(i, JournalPhase.Ended));
        }

        await using var one = await TestCore.CreateAsync(jobs.Host);
        await using var two = await TestCore.CreateAsync(jobs.Host, one.DataDirectory);

        var added = await Task.WhenAll(Task.Run(() => one.Get<JournalImporter>().ImportAsync()), Task.Run(() => two.Get<JournalImporter>().ImportAsync()));

        Assert.Equal(1400, added.Sum());
        var verified = await one.Get<AuditService>().VerifyAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1400L, null), (verified.Entries, verified.Fault));
    }

    [Fact]
    public async Task Import_BrokenOffByTheHost_KeepsWhatItReadAndThrows()
    {
        var host = new FakeHost();
        var entries = Enumerable.Range(0, 600).Select(i => FakeHost.Item(ItemKinds.Journal, Entry(i, JournalPhase.Asked) with { Position = i + 1 }));
        host.On("vserver-jobs journal", [.. entries, new ProblemEvent(ProblemCode.Terminated, "killed")]);
        await using var core = await TestCore.CreateAsync(host);

        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<JournalImporter>().ImportAsync());

        Assert.Equal(500, await core.Get<AuditService>().CountAsync(new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken));
        host.On("vserver-jobs journal", new ResultEvent());
        await core.Get<JournalImporter>().ImportAsync(TestContext.Current.CancellationToken);
        Assert.Equal("500", host.Requests.Last().Words[3]);
    }

    [Fact]
    public async Task Running_StateOfAVServerChanges_ReadsTheJournalAtOnce()
    {
        var jobs = new JobHost();
        var watch = new WatchScript(jobs.Host);
        await using var core = await TestCore.CreateAsync(jobs.Host);
        await core.StartAsync();
        watch.Say(Statuses.Stopped("web1"));
        watch.SnapshotComplete();
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Entries.Count == 1, "the directory knows web1");

        jobs.Journal(Entry(1, JournalPhase.Ended));
        watch.Say(Statuses.Running("web1"));

        await Eventually.TrueAsync(async () => await core.Get<AuditService>().CountAsync(new AuditFilter()) == 1, "the entry is imported");
    }

    [Fact]
    public async Task Poke_AfterIntervalsHavePassed_ReadsTheJournalAtOnce()
    {
        var jobs = new JobHost();
        await using var core = await TestCore.CreateAsync(jobs.Host);
        var importer = core.Get<JournalImporter>();
        core.Time.LongestShortened = TimeSpan.FromMinutes(2);
        await importer.StartAsync(TestContext.Current.CancellationToken);
        var reads = () => jobs.Host.Requests.Count(r => r.Words is ["vserver-jobs", "journal", ..]);
        await Eventually.TrueAsync(() => reads() >= 3, "two intervals have passed");

        // from here on an interval is longer than the test waits
        core.Time.LongestShortened = TimeSpan.Zero;
        core.Time.Stretch = 100;
        var before = await SettledAsync(reads);
        importer.Poke();

        await Eventually.TrueAsync(() => reads() > before, "the poke is heard");
        await importer.StopAsync(CancellationToken.None);
    }

    // a short interval may still be under way
    private static async Task<int> SettledAsync(Func<int> reads)
    {
        int before;
        do
        {
            before = reads();
            await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        }
        while (reads() != before);

        return before;
    }

    private static JournalEntry Entry(int number, JournalPhase phase) => new()
    {
        OperationId = $"{number:d32}",
        Phase = phase,
        Time = DateTimeOffset.UtcNow,
        Actor = new Actor("root"),
        Operation = "stop",
        VServer = VServerName.Parse("web1"),
        Command = ["vserver", "web1", "stop"],
        Outcome = phase is JournalPhase.Ended ? OperationOutcome.Succeeded : null,
    };
}
