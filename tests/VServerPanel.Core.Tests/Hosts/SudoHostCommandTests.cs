using System.Diagnostics;
using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

public class SudoHostCommandTests
{
    private const string Hello = """{"type":"hello","version":1,"features":[]}""";

    [Fact]
    public async Task Run_ToolWithOptions_GivesEachWordAsItIs()
    {
        using var sudo = new FakeSudo($$"""
            dir=$(dirname "$0"); for word in "$@"; do printf '<%s>' "$word"; done > "$dir/words"; printf '%s' "$LC_ALL" > "$dir/locale"
            echo '{{Hello}}'; echo '{"type":"result"}'
            """);
        var request = new HostRequest(["vserver-stat", "a b", "$(touch x)", "'", "é"]) { JobId = "j", Detach = true, Caller = new Caller("u", "alice; rm -rf /", "::1") };

        var events = await sudo.Command("extra").RunAsync(request, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, events.Count);
        Assert.Equal(
            "<extra><--as><vserver-stat><--json><--detach><--job><j><--actor-user><alice; rm -rf /><--actor-address><::1><a b><$(touch x)><'><é>",
            await File.ReadAllTextAsync(sudo.PathOf("words"), TestContext.Current.CancellationToken));
        Assert.Equal("C.UTF-8", await File.ReadAllTextAsync(sudo.PathOf("locale"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_WithStandardInput_GivesItWhole()
    {
        using var sudo = new FakeSudo($$"""cat > "$(dirname "$0")/input"; echo '{{Hello}}'; echo '{"type":"result"}'""");
        var text = string.Concat(Enumerable.Repeat("IPROOT=10.0.0.1 # größer\n", 20_000));

        await sudo.Command().RunToEndAsync(new HostRequest(["vserver", "web1", "config", "set"], text), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(text, await File.ReadAllTextAsync(sudo.PathOf("input"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_LinesOverTime_AreToldAsTheyCome()
    {
        using var sudo = new FakeSudo($$"""
            echo '{{Hello}}'; echo '{"type":"log","level":"info","text":"first"}'
            while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.02; done
            echo '{"type":"result"}'
            """);

        var seen = new List<WireEvent>();
        await foreach (var wireEvent in sudo.Command().RunAsync(new HostRequest(["vserver", "x", "start"]), TestContext.Current.CancellationToken))
        {
            seen.Add(wireEvent);
            if (wireEvent is LogEvent)
            {
                // only what is told while the command still runs gets us here
                await File.WriteAllTextAsync(sudo.PathOf("go"), "", TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal([typeof(HelloEvent), typeof(LogEvent), typeof(ResultEvent)], seen.Select(e => e.GetType()));
    }

    [Fact]
    public async Task Run_InputLines_ArriveAsTheyComeAndTheirEndIsTheEndOfInput()
    {
        using var sudo = new FakeSudo($$"""
            echo '{{Hello}}'
            while read -r line; do echo "{\"type\":\"log\",\"level\":\"output\",\"text\":\"got $line\"}"; done
            echo '{"type":"result"}'
            """);
        var lines = System.Threading.Channels.Channel.CreateUnbounded<string>();
        lines.Writer.TryWrite("one");

        var seen = new List<string>();
        await foreach (var wireEvent in sudo.Command().RunAsync(new HostRequest(["vserver", "web1", "terminal"]) { IsStream = true, InputLines = lines.Reader }, TestContext.Current.CancellationToken))
        {
            seen.Add(wireEvent is LogEvent log ? log.Text : wireEvent.GetType().Name);
            if (seen[^1] == "got one")
            {
                lines.Writer.TryWrite("two größer");
            }
            else if (seen[^1] == "got two größer")
            {
                lines.Writer.Complete();
            }
        }

        Assert.Equal(["HelloEvent", "got one", "got two größer", "ResultEvent"], seen);
    }

    [Fact]
    public async Task Run_EndsWhileInputGoesOn_DoesNotWaitForIt()
    {
        using var sudo = new FakeSudo($$"""echo '{{Hello}}'; exit 5""");
        var lines = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var events = await sudo.Command().RunAsync(new HostRequest(["vserver", "web1", "terminal"]) { IsStream = true, InputLines = lines.Reader }, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(ProblemCode.Terminated, Assert.IsType<ProblemEvent>(events[^1]).Code);
    }

    [Fact]
    public async Task Run_EndsWithoutAnAnswer_IsTerminatedWithItsLastWords()
    {
        using var sudo = new FakeSudo($$"""echo '{{Hello}}'; seq 1 100000 >&2; echo 'out of luck' >&2; exit 7""");

        var problem = await ProblemOfAsync(sudo.Command());

        Assert.Equal(ProblemCode.Terminated, problem.Code);
        Assert.Contains("code 7", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith("out of luck", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Message.Length < 1000);
    }

    [Theory]
    [InlineData("sudo: a password is required", ProblemCode.NotPermitted)]
    [InlineData("vserverpanel is not in the sudoers file.", ProblemCode.NotPermitted)]
    [InlineData("Sorry, user vserverpanel is not allowed to execute '/usr/sbin/vserver' as root on h.", ProblemCode.NotPermitted)]
    [InlineData("sudo: /usr/sbin/vserver: command not found", ProblemCode.MissingTool)]
    public async Task Run_SudoRefuses_SaysWhatToDo(string message, ProblemCode expected)
    {
        using var sudo = new FakeSudo($"echo \"{message}\" >&2; exit 1");

        var problem = await ProblemOfAsync(sudo.Command());

        Assert.Equal(expected, problem.Code);
        Assert.Contains("vserver-setup", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoSuchProgram_IsMissingTool()
    {
        var options = new HostOptions();
        options.Command.Add("/nonexistent/sudo");

        var problem = await ProblemOfAsync(new SudoHostCommand(Options.Create(options)));

        Assert.Equal(ProblemCode.MissingTool, problem.Code);
    }

    [Theory]
    [InlineData("this is not json")]
    [InlineData("""{"type":"song"}""")]
    [InlineData("null")]
    [InlineData("""{"type":"hello","version":2,"features":[]}""")]
    public async Task Run_NotOfTheProtocol_IsAProblemAndNotAnException(string line)
    {
        using var sudo = new FakeSudo($"echo '{line}'; sleep 60");

        var problem = await ProblemOfAsync(sudo.Command());

        Assert.True(problem.Code is ProblemCode.Internal or ProblemCode.Unsupported);
    }

    [Fact]
    public async Task Run_Cancelled_EndsTheCommandAndNotTheJobItFollows()
    {
        using var sudo = new FakeSudo($$"""
            dir=$(dirname "$0")
            setsid sh -c 'echo $$ > "$1/job.tmp"; mv "$1/job.tmp" "$1/job"; exec sleep 60' job "$dir" </dev/null >/dev/null 2>&1 &
            while [ ! -e "$dir/job" ]; do sleep 0.02; done
            echo $$ > "$dir/follower"; echo '{{Hello}}'; exec sleep 60
            """);
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in sudo.Command().RunAsync(new HostRequest(["vserver-jobs", "follow", "x"]) { IsStream = true }, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });

        var (follower, job) = (PidIn("follower"), PidIn("job"));
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{follower}") || IsZombie(follower), "the follower ends");
        Assert.True(Directory.Exists($"/proc/{job}"));
        using var process = Process.GetProcessById(job);
        process.Kill();

        int PidIn(string name) => int.Parse(File.ReadAllText(sudo.PathOf(name)), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Run_CancelledWhileTheCommandIsSilent_ReturnsAtOnce()
    {
        using var sudo = new FakeSudo($"echo '{Hello}'; exec sleep 60");
        using var cancel = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in sudo.Command().RunAsync(new HostRequest(["vserver-stat", "--watch"]) { IsStream = true }, cancel.Token))
            {
                cancel.CancelAfter(100);
            }
        });

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"it took {watch.Elapsed.TotalSeconds:0} s");
    }

    // An unprivileged panel cannot signal sudo: the end of standard input must be enough.
    [Fact]
    public async Task Run_StreamLeftByItsReader_GetsTheEndOfItsInput()
    {
        using var sudo = new FakeSudo($$"""
            exec 3<&0; dir=$(dirname "$0")
            setsid sh -c 'cat >/dev/null; echo over > "$1/over"' reader "$dir" <&3 >/dev/null 2>&1 &
            echo '{{Hello}}'; exec sleep 60
            """);

        await foreach (var _ in sudo.Command().RunAsync(new HostRequest(["vserver-stat", "--watch"]) { IsStream = true }, TestContext.Current.CancellationToken))
        {
            Assert.False(File.Exists(sudo.PathOf("over")));
            break;
        }

        await Eventually.TrueAsync(() => File.Exists(sudo.PathOf("over")), "the end of standard input");
    }

    private static bool IsZombie(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task<ProblemEvent> ProblemOfAsync(SudoHostCommand command)
    {
        WireEvent? last = null;
        await foreach (var wireEvent in command.RunAsync(new HostRequest(["vserver", "web1", "start"]), TestContext.Current.CancellationToken))
        {
            Assert.False(last?.IsLast ?? false);
            last = wireEvent;
        }

        return Assert.IsType<ProblemEvent>(last);
    }
}
