using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class InitStyleTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Sysv_RunControlScripts_RunAtStartAndStop()
    {
        var name = _host.Add("alpha", hasInit: false);
        var tree = _host.Paths.TreeOf(name);
        File.WriteAllText(tree + "/etc/init.d/rc", "#!/bin/sh\necho rc $1 runlevel=$RUNLEVEL previous=$PREVLEVEL\necho $1 >> /tmp/levels\n[ $1 != 3 ] || sleep 1000 &\n");
        File.SetUnixFileMode(tree + "/etc/init.d/rc", (UnixFileMode)0b111_101_101);
        _host.Expect("alpha", "start");
        Assert.Contains("sleep 1000", _host.Expect("alpha", "exec", "ps"), StringComparison.Ordinal);
        TrialHost.Eventually(() => _host.Expect("alpha", "log").Contains("rc 3 runlevel=3 previous=N", StringComparison.Ordinal), "rc's output in the log");
        _host.Expect("alpha", "stop");
        Assert.Equal("3\n6\n", File.ReadAllText(tree + "/tmp/levels"));
    }

    [Fact]
    public void Sysv_ProcessThatIgnoresTerm_IsKilled()
    {
        _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "(trap '' TERM; while :; do sleep 1; done) </dev/null >/dev/null 2>&1 &");
        _host.Expect("alpha", "stop");
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Init_ThatDoesNotShutDown_IsKilledAfterItsTime()
    {
        var name = _host.Add("alpha", "STOP_TIMEOUT=1\n");
        File.WriteAllText(_host.Paths.TreeOf(name) + "/etc/inittab", "::respawn:/bin/sleep 1000\n::shutdown:/bin/sleep 1000\n");
        _host.Expect("alpha", "start");
        var events = _host.VServer("--json", "alpha", "stop").Events;
        Assert.IsType<ResultEvent>(events[^1]);
        Assert.Contains(events.OfType<LogEvent>(), l => l.Level == LogEvent.Warning && l.Text.Contains("has not shut down in 1 s", StringComparison.Ordinal));
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
    }

    [Theory]
    [InlineData("systemd", InitStyle.Systemd, "systemctl is-system-running", "running")]
    [InlineData("sysvinit", InitStyle.Init, "runlevel", "N 2")]
    public void Debian_ComesUpWholeRebootsAndStops(string init, InitStyle style, string question, string answer)
    {
        var name = _host.Add("alpha", "S_HOSTNAME=alpha\n");
        DebianRoot.Unpack(_host.Paths, name, init);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        Assert.Equal(style, new RunStateStore(_host.Paths).FindRunning(name)!.Style);
        TrialHost.Eventually(IsUp, $"{init} is up, and no unit has failed", seconds: 60);
        _host.Expect("alpha", "exec", "reboot");
        TrialHost.Eventually(() => _host.Prefix.ReadJournal().Any(e => e is { Operation: "reboot", Outcome: OperationOutcome.Succeeded }), "the reboot", seconds: 60);
        TrialHost.Eventually(IsUp, $"{init} is up again", seconds: 60);

        // by itself, and not by KILL after its time
        var stop = _host.VServer("--json", "alpha", "stop").Events;
        Assert.IsType<ResultEvent>(stop[^1]);
        Assert.DoesNotContain(stop.OfType<LogEvent>(), l => l.Text.Contains("has not shut down", StringComparison.Ordinal));
        KernelCensus.AssertSame(before, _host.Prefix);

        bool IsUp() => _host.VServer(["alpha", "exec", .. question.Split(' ')]).Output.Trim() == answer;
    }

    [Theory]
    [InlineData("/lib/systemd/systemd", InitStyle.Systemd)]
    [InlineData("/bin/busybox", InitStyle.Init)]
    [InlineData("../../../../../../bin/busybox", InitStyle.Init)]
    [InlineData("/etc/passwd", InitStyle.Sysv)]
    [InlineData("/nowhere", InitStyle.Sysv)]
    public void Find_InitIsALink_IsResolvedWithinTheRoot(string target, InitStyle expected)
    {
        var name = _host.Add("alpha", hasInit: false);
        var tree = _host.Paths.TreeOf(name);
        Directory.CreateDirectory(tree + "/lib/systemd");
        File.Copy("/bin/busybox", tree + "/lib/systemd/systemd");
        File.CreateSymbolicLink(tree + "/sbin/init", target);
        using var root = Libc.open(tree, Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.Equal(expected, InitProgram.Find(root, new VServerConf()).Style);
        Assert.Equal(InitStyle.Sysv, InitProgram.Find(root, new VServerConf { InitStyle = InitStyle.Sysv }).Style);
    }

    [Fact]
    public void DomainName_Configured_IsSetInside()
    {
        _host.Add("alpha", "S_DOMAINNAME=nis.example\n", hasInit: false);
        _host.Expect("alpha", "start");
        Assert.Equal("nis.example\n", _host.Expect("alpha", "exec", "cat", "/proc/sys/kernel/domainname"));
    }

    [Fact]
    public void Boot_StartsByPriorityThenName_AndStopsInReverse()
    {
        var diary = _host.Prefix.Directory + "/diary";
        var hook = $"case $1 in pre-start|post-stop) echo $1 $2 >> {diary};; esac\n";
        _host.Add("zulu", "ONBOOT=yes\nPRIORITY=5\n", hasInit: false, hook);
        _host.Add("bravo", "ONBOOT=yes\n", hasInit: false, hook);
        _host.Add("alpha", "ONBOOT=yes\n", hasInit: false, hook);
        _host.Add("not-at-boot", "ONBOOT=no\n", hasInit: false, hook);
        _host.Add("broken", "ONBOOT=yes\nPRIORITY=50\nMEMORY_LIMIT=lots\n", hasInit: false);
        Assert.Equal(1, _host.VServer("--as", "vserver-boot", "start").ExitCode);
        Assert.Equal(["pre-start zulu", "pre-start alpha", "pre-start bravo"], File.ReadAllLines(diary));
        File.Delete(diary);
        _host.Expect("--as", "vserver-boot", "stop");
        Assert.Equal(["post-stop bravo", "post-stop alpha", "post-stop zulu"], File.ReadAllLines(diary));
    }
}
