using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class ExecTests : IDisposable
{
    private readonly TrialHost _host = new();

    public ExecTests()
    {
        _host.Add("alpha", "S_NICE=7\n", hasInit: false);
        _host.Expect("alpha", "start");
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -TERM $$", 143)]
    public void Exec_Command_HasItsExitCode(string script, int expected) =>
        Assert.Equal(expected, _host.VServer("alpha", "exec", "sh", "-c", script).ExitCode);

    [Fact]
    public void Exec_GlobalOptionsAfterTheVerb_BelongToTheCommand() =>
        Assert.Equal("--json --silent\n", _host.Expect("alpha", "exec", "echo", "--json", "--silent"));

    [Fact]
    public void Exec_Plan_RunsNothing()
    {
        Assert.Contains("touch /tmp/ran", _host.Expect("--plan", "alpha", "exec", "touch", "/tmp/ran"), StringComparison.Ordinal);
        Assert.Equal("", _host.Expect("alpha", "exec", "ls", "/tmp"));
        Assert.Single(_host.VServer("--json", "--plan", "alpha", "terminal").Result<OperationPlan>().Steps);
    }

    [Fact]
    public void Exec_Json_HasLinesAndOutcome()
    {
        var result = _host.VServer("--json", "alpha", "exec", "sh", "-c", "echo one; echo two >&2; exit 5");
        Assert.Equal(["one", "two"], result.Events.OfType<LogEvent>().Select(l => l.Text));
        Assert.Equal(5, result.Result<CommandOutcome>().ExitCode);
        Assert.Equal(5, result.ExitCode);
    }

    [Theory]
    [InlineData]
    [InlineData("--json")]
    public void Exec_TerminalType_IsTheCallers(params string[] options)
    {
        var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["TERM"] = "vt220" }, [.. options, "alpha", "exec", "sh", "-c", "echo term=$TERM"]);
        Assert.Contains("term=vt220", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_IsInsideEverything()
    {
        var status = _host.Expect("alpha", "exec", "cat", "/proc/self/status", "/proc/self/cgroup");
        Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
        Assert.DoesNotContain("vservers", status, StringComparison.Ordinal);
        var stat = _host.Expect("alpha", "exec", "cat", "/proc/self/stat");
        Assert.Equal("7", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);
        Assert.Contains("/usr/sbin", _host.Expect("alpha", "exec", "sh", "-c", "echo $PATH"), StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_NotRunning_SaysSo()
    {
        _host.Expect("alpha", "stop");
        var result = _host.VServer("--json", "alpha", "exec", "true");
        Assert.Equal(3, result.ExitCode);
        Assert.Equal(ProblemCode.NotRunning, result.Problem.Code);
    }

    [Fact]
    public void Suexec_User_HasItsIdsAndNoCapabilities()
    {
        Assert.Equal("uid=1000(ann) gid=1001(ann) groups=50(staff)\n", _host.Expect("alpha", "suexec", "ann", "id").Replace("groups=1001(ann),50", "groups=50", StringComparison.Ordinal));
        var status = _host.Expect("alpha", "suexec", "ann", "cat", "/proc/self/status");
        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Equal("1234\n", _host.Expect("alpha", "suexec", "1234", "id", "-u"));
        Assert.Equal(ProblemCode.NotFound, _host.VServer("--json", "alpha", "suexec", "nobody-there", "id").Problem.Code);
    }

    [Fact]
    public async Task Enter_OnATerminal_HasATerminalOfTheGuestsOwn()
    {
        Assert.SkipWhen(ChildProcesses.ChildProcess.Find("script") is null, "a terminal is made by script(1)");
        using var process = HostCommand.Start(
            _host.Prefix, new Dictionary<string, string> { ["TERM"] = "vt100" }, "script", "-qec", $"{HostCommand.Path} alpha enter", "/dev/null");
        process.StandardInput.Write("tty; echo term=$TERM home=$HOME; exit 4\n");
        process.StandardInput.Flush();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(4, process.ExitCode);
        Assert.Contains("/dev/pts/", await output, StringComparison.Ordinal);
        Assert.Contains("term=vt100 home=/root", await output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_IsJournalled_AndKeepsNobodyFromStopping()
    {
        using var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, "alpha", "exec", "sleep", "60");
        TrialHost.Eventually(() => _host.Expect("alpha", "exec", "ps").Contains("sleep 60", StringComparison.Ordinal), "the command runs");
        _host.Expect("alpha", "stop");
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(143, process.ExitCode);
        var entries = _host.Prefix.ReadJournal().Where(e => e.Operation == "exec" && e.Command.Contains("60")).ToList();
        Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], entries.Select(e => e.Phase));
    }
}
