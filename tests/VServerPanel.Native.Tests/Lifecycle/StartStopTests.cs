using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class StartStopTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Start_ThenStop_LeavesNothing()
    {
        _host.Add("alpha", "S_HOSTNAME=alpha.example\n");
        var before = KernelCensus.Take(_host.Prefix);

        _host.Expect("alpha", "start");
        Assert.NotEqual(before, KernelCensus.Take(_host.Prefix));
        Assert.Equal("alpha.example\n", _host.Expect("alpha", "exec", "hostname"));
        _host.Expect("alpha", "stop");

        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Status_AsTheClassics_HasTheirTextsAndExitCodes()
    {
        _host.Add("alpha");
        Assert.Equal((3, "Server alpha is not running\n"), Answer("status"));
        Assert.Equal((3, "Server alpha is not running\n"), Answer("running"));
        Assert.Equal(5, _host.VServer("nobody", "status").ExitCode);
        Assert.Equal(2, _host.VServer("alpha", "dance").ExitCode);

        _host.Expect("alpha", "start");
        Assert.Equal((0, "Server alpha is running\n"), Answer("status"));
        Assert.Equal((0, "Server alpha is running\n"), Answer("running"));
        Assert.Matches(@"\AS_CONTEXT=\d+\nS_PROFILE=prod\n\z", File.ReadAllText(_host.Paths.ContextOf(VServerName.Parse("alpha"))));
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(_host.Paths.Run), 8));

        (int, string) Answer(string verb)
        {
            var result = _host.VServer("alpha", verb);
            return (result.ExitCode, result.Output);
        }
    }

    [Fact]
    public void Start_OfAVServer_IsRunningForTheRuntimeToo()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        Assert.Contains("\"status\": \"running\"", TrialHost.Run("crun", "--root=" + _host.Paths.RuntimeState, "--cgroup-manager=cgroupfs", "state", Native.Hosts.HostPaths.ContainerOf(_host.Paths.HandleOf(VServerName.Parse("alpha")))), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WhenItRuns_IsRefused()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        Assert.Equal(ProblemCode.AlreadyRunning, _host.VServer("--json", "alpha", "start").Problem.Code);
        _host.Expect("alpha", "exec", "true");
    }

    [Fact]
    public void Restart_OnlyIfItRuns()
    {
        var name = _host.Add("alpha", hasInit: false);
        Assert.Equal(3, _host.VServer("alpha", "restart").ExitCode);
        _host.Expect("alpha", "start");
        var first = new RunStateStore(_host.Paths).FindRunning(name)!;
        _host.Expect("alpha", "restart");
        var second = new RunStateStore(_host.Paths).FindRunning(name)!;
        Assert.NotEqual(first.Init, second.Init);
        Assert.False(first.IsAlive);
    }

    [Fact]
    public void Start_FixedContextOfAnother_IsRefused()
    {
        _host.Add("alpha", "S_CONTEXT=777\n", hasInit: false);
        _host.Add("beta", "S_CONTEXT=777\n", hasInit: false);
        _host.Expect("alpha", "start");
        var problem = _host.VServer("--json", "beta", "start").Problem;
        Assert.Equal(ProblemCode.Busy, problem.Code);
        Assert.Contains("alpha", problem.Message, StringComparison.Ordinal);
        _host.Expect("alpha", "stop");
        _host.Expect("beta", "start");
    }

    [Fact]
    public void Start_BrokenConf_SaysLineAndWhatToDo()
    {
        _host.Add("alpha", "S_HOSTNAME=ok\nMEMORY_LIMIT=plenty\n");
        var problem = _host.VServer("--json", "alpha", "start").Problem;
        Assert.Equal(ProblemCode.InvalidConfiguration, problem.Code);
        Assert.Contains("line 2", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0755", "nosuid,nodev,noexec", "0700")]
    [InlineData("0700", "suid,nodev,noexec", "nosuid")]
    [InlineData("0700", "nosuid,dev,exec", "nodev, noexec")]
    public void Start_StorageNotHardened_IsRefused(string mode, string options, string said)
    {
        _host.Add("alpha");
        TrialHost.Run("mount", "-o", $"remount,{options}", _host.Paths.VServers);
        TrialHost.Run("chmod", mode, _host.Paths.VServers);
        var problem = _host.VServer("--json", "alpha", "start").Problem;
        Assert.Equal(ProblemCode.NotPermitted, problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.Contains("vserver-setup", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_RootIsASymlink_IsRefused()
    {
        var name = _host.Add("alpha");
        Directory.Delete(_host.Paths.TreeOf(name), recursive: true);
        Directory.CreateSymbolicLink(_host.Paths.TreeOf(name), "/");
        Assert.Equal(ProblemCode.NotPermitted, _host.VServer("--json", "alpha", "start").Problem.Code);
    }

    [Fact]
    public void Log_AfterAStart_HasWhatInitSaid()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        TrialHost.Eventually(() => _host.Expect("alpha", "log").Contains("the init of this vserver says hello", StringComparison.Ordinal), "init's line in the log");
        var events = _host.VServer("--json", "alpha", "log", "--lines", "5").Events;
        Assert.Contains(events.OfType<LogEvent>(), l => l.Level == LogEvent.Output && l.Text.Contains("says hello", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_OfAGuest_BelongToItsIdsInsideAndToNoUserOnDisk()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "touch", "/root/made-inside");
        Assert.Equal("0:0\n", TrialHost.Run("stat", "-c", "%u:%g", _host.Paths.TreeOf(name) + "/root/made-inside"));
        var state = new RunStateStore(_host.Paths).FindRunning(name)!;
        var entry = _host.Prefix.Call().Registry.Find(name)!;
        Assert.Contains($"\nUid:\t{entry.IdBase}\t", File.ReadAllText($"/proc/{state.Init!.Pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAStart_TellsItsStepsAndDoesNothing()
    {
        _host.Add("alpha", hook: "exit 0\n");
        var before = KernelCensus.Take(_host.Prefix);
        var plan = _host.VServer("--json", "alpha", "start", "--plan").Result<OperationPlan>();
        Assert.Contains(plan.Steps, s => s.Command?[^2] == "pre-start");
        Assert.Contains(plan.Steps, s => s.Command?[0] == "crun");
        KernelCensus.AssertSame(before, _host.Prefix);
    }
}
