using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Processes;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Processes;

public class ProcessDirectoryTests
{
    private readonly Channel<WireEvent> _stream = Channel.CreateUnbounded<WireEvent>();
    private int _open;

    [Fact]
    public async Task Watch_Changes_TellsWhatIsThere()
    {
        await using var core = await StartAsync();
        await using var reader = core.Get<ProcessDirectory>().WatchAsync(includeHost: true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await reader.MoveNextAsync();
        Assert.Equal(DirectoryConnection.Connecting, reader.Current.Connection);

        Say(Process(1, 0), Process(20, 7), Item(ItemKinds.SnapshotComplete));
        await reader.MoveNextAsync();
        Assert.Equal(DirectoryConnection.Live, reader.Current.Connection);
        Assert.Equal([1, 20], reader.Current.Processes.Select(p => p.Pid).Order());

        // the same pid, another process
        Say(FakeHost.Item(ItemKinds.ProcessGone, new ProcessGone(20, 7)), FakeHost.Item(ItemKinds.Process, Info(20, 9) with { Name = "later" }));
        await UntilAsync(reader, s => s.Processes.Any(p => p.Name == "later"));
        Assert.Equal(2, reader.Current.Processes.Count);
    }

    [Fact]
    public async Task Watch_WithoutTheHost_TellsOnlyThoseOfContexts()
    {
        await using var core = await StartAsync();
        await using var reader = core.Get<ProcessDirectory>().WatchAsync(includeHost: false, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Say(Process(1, 0), Process(20, 7), Item(ItemKinds.SnapshotComplete));
        await UntilAsync(reader, s => s.Connection == DirectoryConnection.Live);
        Assert.Equal([20], reader.Current.Processes.Select(p => p.Pid));
    }

    [Fact]
    public async Task Watch_SeveralReaders_ShareOneStreamThatEndsWithTheLast()
    {
        await using var core = await StartAsync();
        var directory = core.Get<ProcessDirectory>();
        var first = directory.WatchAsync(true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var second = directory.WatchAsync(true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await first.MoveNextAsync();
        await second.MoveNextAsync();
        await Eventually.TrueAsync(() => _open == 1, "the stream is open");
        Assert.Single(core.Host.Commands, "vps --watch");
        await first.DisposeAsync();
        Assert.Equal(1, _open);
        await second.DisposeAsync();
        await Eventually.TrueAsync(() => _open == 0, "the stream is closed");
    }

    [Fact]
    public async Task Watch_HostGivesUp_SaysSoKeepsTheListAndAsksAgain()
    {
        await using var core = await StartAsync();
        await using var reader = core.Get<ProcessDirectory>().WatchAsync(true, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Say(Process(20, 7), Item(ItemKinds.SnapshotComplete), new ProblemEvent(ProblemCode.Internal, "Something broke."));
        await UntilAsync(reader, s => s.Connection == DirectoryConnection.Unreachable);
        Assert.Equal("Something broke.", reader.Current.Message);
        Assert.Equal([20], reader.Current.Processes.Select(p => p.Pid));

        Say(Process(21, 7), Item(ItemKinds.SnapshotComplete));
        await UntilAsync(reader, s => s.Connection == DirectoryConnection.Live);
        Assert.Equal([21], reader.Current.Processes.Select(p => p.Pid));
    }

    [Theory]
    [InlineData(ProcessSignal.Terminate, "vkill -TERM 20:7")]
    [InlineData(ProcessSignal.Kill, "vkill -KILL 20:7")]
    public async Task Signal_ProcessOfAVServer_IsARecordedStep(ProcessSignal signal, string command)
    {
        await using var core = await StartAsync();
        core.Host.On("vkill", new HelloEvent(1, []), new ResultEvent());

        await core.Get<ProcessService>().SignalAsync(Info(20, 7) with { CommandLine = "nginx: worker" }, signal, TestCore.Alice, TestContext.Current.CancellationToken);

        Assert.Contains(command, core.Host.Commands);
        var entries = (await core.Get<Core.Auditing.AuditService>().QueryAsync(new Core.Auditing.AuditFilter { Operation = "kill" }, cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Equal(2, entries.Count);
        Assert.All(entries, e => Assert.Equal(("alice", "web1", "nginx: worker"), (e.User, e.VServer, e.Detail)));
    }

    [Fact]
    public async Task Signal_ProcessOfTheHost_IsRefusedHereAlready()
    {
        await using var core = await StartAsync();
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<ProcessService>().SignalAsync(Info(1, 0) with { Context = 0, VServer = null }, ProcessSignal.Kill, TestCore.Alice));
        Assert.Equal(ProblemCode.NotPermitted, refused.Code);
        Assert.DoesNotContain(core.Host.Commands, c => c.StartsWith("vkill", StringComparison.Ordinal));
    }

    private static ItemEvent Process(int pid, int context) => FakeHost.Item(ItemKinds.Process, Info(pid, context) with { Context = context, VServer = context == 0 ? null : VServerName.Parse("web1") });

    private static ProcessInfo Info(int pid, long start) => new() { Pid = pid, StartTicks = start, Context = 7, VServer = VServerName.Parse("web1"), Name = "nginx" };

    private static ItemEvent Item(string kind) => FakeHost.Item(kind, new Dictionary<string, string>());

    private static async Task UntilAsync(IAsyncEnumerator<ProcessSnapshot> reader, Func<ProcessSnapshot, bool> condition)
    {
        do
        {
            Assert.True(await reader.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
        while (!condition(reader.Current));
    }

    private async Task<TestCore> StartAsync()
    {
        var core = await TestCore.CreateAsync();
        core.Host.OnCall("vps --watch", (_, cancel) => TellAsync(cancel));
        return core;
    }

    private void Say(params WireEvent[] events) => Array.ForEach(events, e => _stream.Writer.TryWrite(e));

    private async IAsyncEnumerable<WireEvent> TellAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await foreach (var wireEvent in _stream.Reader.ReadAllAsync(cancel))
            {
                yield return wireEvent;
                if (wireEvent.IsLast)
                {
                    yield break;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
