using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Limits;

[Collection(RealHost.Name)]
public sealed class LimitTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Memory_Hog_IsKilledAndOthersLive()
    {
        var name = _host.Add("alpha", "MEMORY_LIMIT=32M\n", hasInit: false);
        _host.Expect("alpha", "start");
        Assert.Equal("33554432", Read(name, "memory", "memory.limit_in_bytes", "memory.max"));

        // tail keeps all of a line without end
        var hog = _host.VServer("alpha", "exec", "sh", "-c", "tail /dev/zero");
        Assert.Equal(137, hog.ExitCode);
        _host.Expect("alpha", "exec", "true");
    }

    [Fact]
    public void Processes_BeyondTheLimit_AreRefused()
    {
        var name = _host.Add("alpha", "PIDS_LIMIT=20\n", hasInit: false);
        _host.Expect("alpha", "start");
        Assert.Equal("20", Read(name, "pids", "pids.max", "pids.max"));
        var result = _host.VServer("alpha", "exec", "sh", "-c", "for i in $(seq 40); do sleep 60 & done; wait");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("fork", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Processor_Spinner_IsThrottled()
    {
        var name = _host.Add("alpha", "CPU_LIMIT=0.1\n", hasInit: false);
        _host.Expect("alpha", "start");
        using var spinner = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, "alpha", "exec", "sh", "-c", "while :; do :; done");
        TrialHost.Eventually(() => Native.Processes.CounterFile.Find(File.ReadAllText(PathOf(name, "cpu") + "/cpu.stat"), "nr_throttled") > 2, "throttled periods");
        _host.Expect("alpha", "stop");
        Assert.True(spinner.WaitForExit(10_000));
    }

    [Fact]
    public void Ulimit_Hard_HoldsInsideAndForExec()
    {
        _host.Add("alpha", "ULIMIT=\"-H -u 50 -n 64\"\n", hasInit: false);
        _host.Expect("alpha", "start");
        Assert.Equal("50\n64\n", _host.Expect("alpha", "exec", "sh", "-c", "ulimit -H -u; ulimit -H -n"));
        Assert.NotEqual(0, _host.VServer("alpha", "suexec", "ann", "sh", "-c", "for i in $(seq 80); do sleep 60 & done; wait").ExitCode);
    }

    [Fact]
    public void Ulimit_MoreThanWeHave_IsLoweredAndSaid()
    {
        Assert.SkipWhen(Native.Isolation.GuestCapabilities.ReadBoundingSet().Contains("CAP_SYS_RESOURCE"), "with CAP_SYS_RESOURCE every limit can be given");
        _host.Add("alpha", "ULIMIT=\"-n 99999999\"\n", hasInit: false);
        var events = _host.VServer("--json", "alpha", "start").Events;
        Assert.IsType<ResultEvent>(events[^1]);
        Assert.Contains(events.OfType<LogEvent>(), l => l.Level == LogEvent.Warning && l.Text.Contains("RLIMIT_NOFILE", StringComparison.Ordinal));
    }

    private string PathOf(VServerName name, string controller) => CgroupTree.Detect().PathOf(controller, _host.Paths.CgroupOf(name))!;

    private string Read(VServerName name, string controller, string first, string second)
    {
        Assert.NotNull(new RunStateStore(_host.Paths).FindRunning(name));
        return File.ReadAllText($"{PathOf(name, controller)}/{(CgroupTree.Detect().IsUnified ? second : first)}").Trim();
    }
}
