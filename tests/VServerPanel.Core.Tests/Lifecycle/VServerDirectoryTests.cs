using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Lifecycle;

public class VServerDirectoryTests
{
    [Fact]
    public async Task Watch_FromTheStart_TellsEverythingThenChanges()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var directory = core.Get<VServerDirectory>();
        Assert.Equal(DirectoryConnection.Connecting, directory.Snapshot.Connection.State);
        await LiveAsync(directory, watch, "web2", "web1");

        await using var changes = directory.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await changes.MoveNextAsync();
        Assert.True(changes.Current.IsReset);
        Assert.Equal(["web1", "web2"], changes.Current.Changed.Select(e => e.Name.Value));
        Assert.Equal(DirectoryConnection.Live, changes.Current.Connection.State);

        watch.Say(Statuses.Running("web1"));
        await changes.MoveNextAsync();
        Assert.False(changes.Current.IsReset);
        Assert.Equal(VServerState.Running, Assert.Single(changes.Current.Changed).Status.State);

        watch.Say(FakeHost.Item(ItemKinds.VServerGone, new VServerGone(Statuses.IdOf("web2"), VServerName.Parse("web2"))));
        await changes.MoveNextAsync();
        Assert.Equal("web2", Assert.Single(changes.Current.Gone).Name.Value);
        Assert.Null(directory.Find(VServerName.Parse("web2")));
        Assert.Equal("web1", directory.Find(Statuses.IdOf("web1"))!.Name.Value);
    }

    [Fact]
    public async Task Watch_MoreThanAHostCanHave_IsToldAndNotKept()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var directory = core.Get<VServerDirectory>();
        for (var i = 0; i < 5000; i++)
        {
            watch.Say(Statuses.Stopped($"v{i}"));
        }

        await Eventually.TrueAsync(() => directory.Snapshot.Connection.Message?.Contains("more than 4095 vservers", StringComparison.Ordinal) == true, "the host's problem is shown");
        Assert.Equal(4095, directory.Snapshot.Entries.Count);
    }

    [Fact]
    public async Task Watch_TooMuchOfOneVServer_IsToldAndNotKept()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        watch.Say(Statuses.Stopped("web1") with { Description = new string('x', 1 << 20) });
        await Eventually.TrueAsync(() => core.Get<VServerDirectory>().Snapshot.Connection.Message?.Contains("KiB of one vserver", StringComparison.Ordinal) == true, "the host's problem is shown");
        Assert.Empty(core.Get<VServerDirectory>().Snapshot.Entries);
    }

    [Fact]
    public async Task Watch_SlowReaderOfManyChanges_GetsOneChangeWithTheLastStates()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var directory = core.Get<VServerDirectory>();
        await LiveAsync(directory, watch, [.. Enumerable.Range(0, 1000).Select(i => $"v{i}")]);
        await using var changes = directory.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await changes.MoveNextAsync();
        Assert.Equal(1000, changes.Current.Changed.Count);

        for (var round = 1; round <= 20; round++)
        {
            for (var i = 0; i < 1000; i++)
            {
                watch.Say(Statuses.Running($"v{i}") with { Processes = round });
            }
        }

        await Eventually.TrueAsync(() => directory.Snapshot.Entries.All(e => e.Status.Processes == 20), "all changes arrived");
        var told = new Dictionary<VServerName, int>();
        var batches = 0;
        while (told.Count < 1000 || told.Values.Any(p => p != 20))
        {
            Assert.True(await changes.MoveNextAsync());
            batches++;
            foreach (var entry in changes.Current.Changed)
            {
                told[entry.Name] = entry.Status.Processes;
            }
        }

        Assert.Equal(1, batches);
    }

    [Fact]
    public async Task Running_StreamBreaks_SaysUnreachableKeepsWhatIsKnownAndComesBack()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var directory = core.Get<VServerDirectory>();
        await LiveAsync(directory, watch, "old1", "web1");
        var states = new List<ConnectionStatus>();
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            await foreach (var change in directory.WatchAsync(stop.Token))
            {
                states.Add(change.Connection);
            }
        });

        watch.End(new ProblemEvent(ProblemCode.NotPermitted, "sudo refused. Run vserver-setup."));
        await Eventually.TrueAsync(() => directory.Snapshot.Connection.State is DirectoryConnection.Unreachable, "the break is seen");
        Assert.Equal("sudo refused. Run vserver-setup.", directory.Snapshot.Connection.Message);
        Assert.Equal(2, directory.Snapshot.Entries.Count);

        // what vanished meanwhile is gone once the new list is complete
        await LiveAsync(directory, watch, "web1");
        Assert.Equal(["web1"], directory.Snapshot.Entries.Select(e => e.Name.Value));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Contains(states, s => s.State is DirectoryConnection.Unreachable);
    }

    [Fact]
    public async Task Running_HostSaysNothingForLong_ConnectsAgain()
    {
        await using var core = await TestCore.CreateAsync();
        core.Time.LongestShortened = TimeSpan.FromMinutes(1);
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        await LiveAsync(core.Get<VServerDirectory>(), watch, "web1");

        await Eventually.TrueAsync(() => watch.Calls >= 2, "the silent stream is given up");
    }

    [Fact]
    public async Task Load_FromTwoReports_IsProcessorTimeOverTime()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = new WatchScript(core.Host);
        await core.StartAsync();
        var directory = core.Get<VServerDirectory>();
        watch.Say(Statuses.Running("web1") with { UserSeconds = 10 });
        watch.SnapshotComplete();
        await Eventually.TrueAsync(() => directory.Snapshot.Entries is [{ ProcessorLoad: null }], "the first report tells no load");

        core.Time.Advance(TimeSpan.FromSeconds(10));
        watch.Say(Statuses.Running("web1") with { UserSeconds = 14, SystemSeconds = 1 });
        await Eventually.TrueAsync(() => directory.Snapshot.Entries is [{ ProcessorLoad: > 0.4 and < 0.51 }], "half a processor is busy");

        core.Time.Advance(TimeSpan.FromSeconds(20));
        watch.Heartbeat();
        await Eventually.TrueAsync(() => directory.Snapshot.Entries is [{ ProcessorLoad: 0 }], "it is idle when nothing more is told");
    }

    private static async Task LiveAsync(VServerDirectory directory, WatchScript watch, params string[] names)
    {
        foreach (var name in names)
        {
            watch.Say(Statuses.Stopped(name));
        }

        watch.SnapshotComplete();
        await Eventually.TrueAsync(() => directory.Snapshot.Connection.State is DirectoryConnection.Live && directory.Snapshot.Entries.Count == names.Length, "the directory is live");
    }
}
