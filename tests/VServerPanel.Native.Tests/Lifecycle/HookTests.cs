using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class HookTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    private string Diary => _host.Prefix.Directory + "/diary";

    // what each moment sees: its words, and whether the vserver runs
    private string Hook => $"echo \"$1 $2 $({HostCommand.Path} $2 status)\" >> {Diary}\n";

    [Fact]
    public void Hooks_StartAndStop_RunAtTheirMoments()
    {
        _host.Add("alpha", hook: Hook);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "stop");
        Assert.Equal(
            [
                "pre-start alpha Server alpha is not running",
                "post-start alpha Server alpha is running",
                "pre-stop alpha Server alpha is running",
                "post-stop alpha Server alpha is not running",
            ],
            File.ReadAllLines(Diary));
    }

    [Fact]
    public void Stop_NotRunning_RunsPostStopOnly()
    {
        _host.Add("alpha", hook: Hook);
        Assert.Equal("Server alpha is not running\n", _host.Expect("alpha", "stop"));
        Assert.Equal(["post-stop alpha Server alpha is not running"], File.ReadAllLines(Diary));
    }

    [Fact]
    public void Start_FailingPreStart_StopsAndUndoes()
    {
        _host.Add("alpha", hook: Hook + "[ $1 != pre-start ] || { echo the disk is not there; exit 9; }\n");
        var before = KernelCensus.Take(_host.Prefix);
        var result = _host.VServer("--json", "alpha", "start");
        Assert.Equal(ProblemCode.HookFailed, result.Problem.Code);
        Assert.Contains("exit code 9", result.Problem.Message, StringComparison.Ordinal);
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text == "the disk is not there");
        Assert.Equal(["pre-start alpha Server alpha is not running"], File.ReadAllLines(Diary));
        File.Delete(Diary);
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Start_FailingAfterPreStart_RunsPostStop()
    {
        // what pre-start has set up must be taken down again
        var name = _host.Add("alpha", hook: Hook);
        File.WriteAllText(_host.Paths.TreeOf(name) + "/bin/not-an-init", "#!/bin/nothing\n");
        File.SetUnixFileMode(_host.Paths.TreeOf(name) + "/bin/not-an-init", (UnixFileMode)0b111_101_101);
        File.Delete(_host.Paths.TreeOf(name) + "/sbin/init");
        File.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/sbin/init", "../bin/not-an-init");
        Assert.Equal(1, _host.VServer("alpha", "start").ExitCode);
        Assert.Equal(["pre-start", "post-stop"], File.ReadAllLines(Diary).Select(l => l.Split(' ')[0]));
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
    }

    [Fact]
    public void Start_FailingPostStart_IsAWarning()
    {
        _host.Add("alpha", hook: "[ $1 != post-start ]\n");
        var events = _host.VServer("--json", "alpha", "start").Events;
        Assert.IsType<ResultEvent>(events[^1]);
        Assert.Contains(events.OfType<LogEvent>(), l => l.Level == LogEvent.Warning && l.Text.Contains("post-start", StringComparison.Ordinal));
    }

    [Fact]
    public void Hook_NotExecutable_IsNotRun()
    {
        var name = _host.Add("alpha", hook: "exit 1\n");
        File.SetUnixFileMode(_host.Paths.HookOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _host.Expect("alpha", "start");
    }

    [Fact]
    public void Hook_LeavesADaemon_IsNotWaitedFor()
    {
        _host.Add("alpha", hook: "[ $1 != pre-start ] || { sleep 30 & }\n");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        _host.Expect("alpha", "start");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15));
    }
}
