using System.Text;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Core.Terminal;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Terminal;

public class TerminalSessionsTests
{
    private static readonly TerminalSize s_size = new(80, 24);
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public async Task Open_ThenTypeAndResize_ReachesTheHostAndShowsItsOutput()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var session = core.Get<TerminalSessions>().Open(s_web1, s_size, TestCore.Alice, "");
        using var view = session.Attach();
        host.Show("root@web1:~# ");
        var chunk = await ReadAsync(view);
        Assert.Equal(("root@web1:~# ", true), (Text(chunk), chunk.IsReset));
        await Eventually.TrueAsync(() => session.State == TerminalState.Open, "it is open");

        await session.TypeAsync("ls\r"u8.ToArray(), TestContext.Current.CancellationToken);
        await session.ResizeAsync(new TerminalSize(132, 50), TestContext.Current.CancellationToken);
        await session.ResizeAsync(new TerminalSize(132, 50), TestContext.Current.CancellationToken);
        await session.ResizeAsync(new TerminalSize(0, 50), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => host.Commands.Count == 2, "both arrived");
        Assert.Equal("ls\r", host.Typed);
        Assert.Equal(new TerminalSize(132, 50), host.Commands.Last());

        host.Exit(3);
        Assert.Null(await view.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal("The shell ended with code 3.", session.End);
        Assert.Equal("vserver web1 terminal --columns 80 --rows 24", core.Host.Commands.Single(c => c.Contains("terminal", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Open_Again_GivesTheSameAndItsPast()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var sessions = core.Get<TerminalSessions>();
        var session = sessions.Open(s_web1, s_size, TestCore.Alice, "");
        using (var gone = session.Attach())
        {
            host.Show("before");
            await ReadAsync(gone);
        }

        // the page was reloaded
        Assert.Same(session, sessions.Open(s_web1, s_size, TestCore.Alice, ""));
        using var view = sessions.Find(TestCore.Alice.UserId, s_web1)!.Attach();
        var replay = await ReadAsync(view);
        Assert.Equal(("before", true, true), (Text(replay), replay.IsReplay, replay.IsReset));
        host.Show("after");
        var live = await ReadAsync(view);
        Assert.Equal(("after", false, false), (Text(live), live.IsReplay, live.IsReset));

        // it is still there when it has ended, and makes room for a new one
        host.Exit(0);
        await EndedAsync(session);
        using var late = sessions.Find(TestCore.Alice.UserId, s_web1)!.Attach();
        Assert.Equal("beforeafter", Text(await ReadAsync(late)));
        Assert.Null(await late.ReadAsync(TestContext.Current.CancellationToken));
        Assert.NotSame(session, sessions.Open(s_web1, s_size, TestCore.Alice, ""));
    }

    [Fact]
    public async Task Output_NobodyKeepsUp_HoldsTheHostUp()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var session = core.Get<TerminalSessions>().Open(s_web1, s_size, TestCore.Alice, "");
        core.Time.LongestShortened = TimeSpan.Zero;
        var view = session.Attach();
        var piece = new byte[10_000];
        for (var i = 0; i < 200; i++)
        {
            host.Show(piece);
        }

        await Eventually.TrueAsync(() => host.Taken * piece.Length > TerminalSession.MostAhead, "it runs ahead");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.True(host.Taken * piece.Length <= TerminalSession.MostAhead + (2 * piece.Length), $"{host.Taken} pieces were taken");

        // who reads moves it on, and who leaves does not hold it up
        for (var read = 0; read < 500_000;)
        {
            read += (await ReadAsync(view)).Data.Length;
        }

        Assert.True(host.Taken >= 50);
        view.Dispose();
        await Eventually.TrueAsync(() => host.Taken == 200, "it goes on alone");
    }

    [Fact]
    public async Task View_LeftFarBehind_BeginsAgainWithWhatIsKept()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var session = core.Get<TerminalSessions>().Open(s_web1, s_size, TestCore.Alice, "");
        using var view = session.Attach();
        host.Show("first");
        await ReadAsync(view);
        for (var i = 0; i < 60; i++)
        {
            host.Show(Encoding.UTF8.GetBytes(new string('x', 9_999) + "\n"));
        }

        // its patience is a hundredth of what it is in life
        await Eventually.TrueAsync(() => host.Taken == 61, "it was not held up for ever");
        var next = await ReadAsync(view);
        Assert.True(next.IsReset);
        Assert.StartsWith("xxxx", Text(next), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Type_ManyCallsWait_DropsWhatComesBeyond()
    {
        // nobody takes what is typed
        var session = new TerminalSession(TestCore.Alice, s_web1, s_size, "", TimeProvider.System);
        var calls = Enumerable.Range(0, 1000).Select(_ => session.TypeAsync("x"u8.ToArray(), TestContext.Current.CancellationToken)).ToList();
        Assert.Equal(256, calls.Count(c => !c.IsCompleted));

        // each that waited still comes
        for (var taken = 0; taken < 64 + 256; taken++)
        {
            await session.Commands.ReadAsync(TestContext.Current.CancellationToken);
        }

        await Task.WhenAll(calls);
        Assert.False(session.Commands.TryRead(out _));
        await session.TypeAsync("y"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(session.Commands.TryRead(out _));
    }

    [Fact]
    public async Task History_HasStartAndEndAndWhy_NotTheKeys()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var session = core.Get<TerminalSessions>().Open(s_web1, s_size, TestCore.Alice, "");
        await session.TypeAsync("secret words\r"u8.ToArray(), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => host.Typed.Length > 0, "they were typed");
        session.HangUp("Closed by alice.");
        await EndedAsync(session);

        var entries = (await core.Get<AuditService>().QueryAsync(new AuditFilter { Operation = "terminal" }, cancellationToken: TestContext.Current.CancellationToken)).Entries;
        Assert.Equal([AuditPhase.Ended, AuditPhase.Asked], entries.Select(e => e.Phase));
        Assert.All(entries, e => Assert.Equal(("alice", "192.0.2.7", "web1"), (e.User, e.Address, e.VServer)));
        Assert.Equal(("Closed by alice.", OperationOutcome.Succeeded), (entries[0].Detail, entries[0].Outcome));
        Assert.NotNull(entries[0].DurationMilliseconds);
        Assert.DoesNotContain(entries, e => string.Concat(e.Command, e.Detail, e.Before, e.After).Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Idle_IsWarnedThenEnded_AndAKeyPutsItOff()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host);
        var time = new ManualTime();
        var sessions = Sessions(core, new TerminalOptions { IdleMinutes = 10 }, time);
        using var background = new InBackground<TerminalSessions>(sessions);
        await background.StartAsync(TestContext.Current.CancellationToken);
        var session = sessions.Open(s_web1, s_size, TestCore.Alice, "");
        host.Show("a program that talks is no key");

        time.Ahead = TimeSpan.FromMinutes(8.5);
        await Eventually.TrueAsync(() => session.IdleSoon is { TotalSeconds: > 30 and < 120 }, "it warns");
        await session.TypeAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Null(session.IdleSoon);
        time.Ahead += TimeSpan.FromMinutes(7);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.NotEqual(TerminalState.Ended, session.State);
        time.Ahead += TimeSpan.FromMinutes(4);
        await EndedAsync(session);
        Assert.Equal("Nothing was typed for 10 minutes.", session.End);
        await background.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Guard_SaysNo_OrCannotSay_EndsIt()
    {
        await using var core = await TestCore.CreateAsync();
        _ = new TerminalHost(core.Host);
        var guard = new Guard();
        var sessions = Sessions(core, new TerminalOptions(), core.Time, guard);
        using var background = new InBackground<TerminalSessions>(sessions);
        await background.StartAsync(TestContext.Current.CancellationToken);
        var first = sessions.Open(s_web1, s_size, TestCore.Alice, "stamp");
        await Eventually.TrueAsync(() => guard.Asked > 1, "it is asked now and then");
        Assert.NotEqual(TerminalState.Ended, first.State);
        guard.Answer = () => "Your account was locked.";
        await EndedAsync(first);
        Assert.Equal("Your account was locked.", first.End);

        guard.Answer = () => throw new InvalidOperationException("the database is gone");
        var second = sessions.Open(s_web1, s_size, TestCore.Alice, "stamp");
        await EndedAsync(second);
        Assert.Contains("could not be checked", second.End, StringComparison.Ordinal);
        await background.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Open_TooMany_IsRefusedWithWhatToDo()
    {
        await using var core = await TestCore.CreateAsync();
        foreach (var name in (string[])["web1", "web2", "web3"])
        {
            _ = new TerminalHost(core.Host, name);
        }

        var sessions = Sessions(core, new TerminalOptions { MostOpen = 3, MostOpenOfOne = 2 }, core.Time);
        using var background = new InBackground<TerminalSessions>(sessions);
        sessions.Open(s_web1, s_size, TestCore.Alice, "");
        sessions.Open(VServerName.Parse("web2"), s_size, TestCore.Alice, "");
        var own = Assert.Throws<HostProblemException>(() => sessions.Open(VServerName.Parse("web3"), s_size, TestCore.Alice, ""));
        Assert.Contains("web1, web2", own.Message, StringComparison.Ordinal);

        var bob = new Caller("u2", "bob", null);
        var third = sessions.Open(VServerName.Parse("web3"), s_size, bob, "");
        Assert.Contains("3 terminals", Assert.Throws<HostProblemException>(() => sessions.Open(s_web1, s_size, bob, "")).Message, StringComparison.Ordinal);

        sessions.EndAllOf(TestCore.Alice.UserId, "Signed out.");
        await EndedAsync(sessions.Find(TestCore.Alice.UserId, s_web1)!);
        Assert.NotEqual(TerminalState.Ended, third.State);
        await background.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("The panel was stopped.", third.End);
    }

    [Fact]
    public async Task Open_TooManyOnAllHosts_IsRefused_AndOneThatEndsAnywhereMakesRoom()
    {
        await using var core = await TestCore.CreateAsync();
        var other = new FakeHost("root2");
        var far = (await core.AddHostAsync(other)).Get<TerminalSessions>();
        var own = core.Get<TerminalSessions>();
        List<TerminalHost> there = [];
        foreach (var name in (string[])["web1", "web2", "web3", "web4"])
        {
            _ = new TerminalHost(core.Host, name);
            there.Add(new TerminalHost(other, name));
        }

        // five of one user, as TerminalOptions has it
        own.Open(s_web1, s_size, TestCore.Alice, "");
        own.Open(VServerName.Parse("web2"), s_size, TestCore.Alice, "");
        var ends = far.Open(s_web1, s_size, TestCore.Alice, "");
        far.Open(VServerName.Parse("web2"), s_size, TestCore.Alice, "");
        far.Open(VServerName.Parse("web3"), s_size, TestCore.Alice, "");
        var refused = Assert.Throws<HostProblemException>(() => own.Open(VServerName.Parse("web3"), s_size, TestCore.Alice, ""));
        Assert.Contains("web1, web1 on root2, web2, web2 on root2, web3 on root2", refused.Message, StringComparison.Ordinal);
        own.Open(VServerName.Parse("web3"), s_size, new Caller("u2", "bob", null), "");

        there[0].Exit(0);
        await EndedAsync(ends);
        await Eventually.TrueAsync(() => Opens(own), "there is room again");

        static bool Opens(TerminalSessions sessions)
        {
            try
            {
                return sessions.Open(VServerName.Parse("web4"), s_size, TestCore.Alice, "") is not null;
            }
            catch (HostProblemException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Host_RefusesOrDoesNotEnd_IsSaid()
    {
        await using var core = await TestCore.CreateAsync();
        var host = new TerminalHost(core.Host) { IsDeaf = true };
        core.Host.On("vserver-jobs journal", new HelloEvent(1, []), FakeHost.Result(new JournalPosition(0)));
        var sessions = core.Get<TerminalSessions>();
        var refused = sessions.Open(s_web1, s_size, TestCore.Alice, "");
        host.Fail(new ProblemEvent(ProblemCode.NotRunning, "Server web1 is not running"));
        await EndedAsync(refused);
        Assert.Equal((ProblemCode.NotRunning, "Server web1 is not running"), (refused.Problem!.Code, refused.End));

        var deaf = sessions.Open(s_web1, s_size, TestCore.Alice, "");
        await Eventually.TrueAsync(() => deaf.State == TerminalState.Open, "it is open");
        deaf.HangUp("Closed.");
        await EndedAsync(deaf);
        Assert.Equal(("Closed.", 0), (deaf.End, host.Open));
    }

    private static TerminalSessions Sessions(TestCore core, TerminalOptions options, TimeProvider time, params ITerminalGuard[] guards) =>
        new(core.Host, core.Get<OperationRunner>(), new OpenTerminals(Options.Create(options)), guards, Options.Create(options), time, Microsoft.Extensions.Logging.Abstractions.NullLogger<TerminalSessions>.Instance);

    private static async Task<TerminalChunk> ReadAsync(TerminalView view) =>
        await view.ReadAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("it has ended");

    private static string Text(TerminalChunk chunk) => Encoding.UTF8.GetString(chunk.Data);

    private static Task EndedAsync(TerminalSession session) => Eventually.TrueAsync(() => session.State == TerminalState.Ended, "it has ended");

    /// <summary>Short waits are short; the clock stands but for what a test puts it forward.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly DateTimeOffset _start = System.GetUtcNow();

        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => _start + Ahead;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ahead.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 500 : dueTime, period > TimeSpan.Zero ? period / 500 : period);
    }

    private sealed class Guard : ITerminalGuard
    {
        public int Asked { get; private set; }

        public Func<string?> Answer { get; set; } = () => null;

        public Task<string?> FindReasonToEndAsync(TerminalSession session, CancellationToken cancellationToken)
        {
            Asked++;
            Assert.Equal("stamp", session.Credential);
            return Task.FromResult(Answer());
        }
    }
}
