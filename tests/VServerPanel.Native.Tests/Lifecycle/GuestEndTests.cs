using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

/// <summary>Ends that the guest asks for itself.</summary>
[Collection(RealHost.Name)]
public sealed class GuestEndTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Guest_PowersOff_IsStoppedWithPostStop()
    {
        var diary = _host.Prefix.Directory + "/diary";
        _host.Add("alpha", hook: $"echo $1 >> {diary}\n");
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "poweroff", "-f");
        TrialHost.Eventually(() => File.ReadAllLines(diary).Contains("post-stop"), "post-stop");
        TrialHost.Eventually(() => _host.Prefix.ReadJournal().Any(e => e is { Operation: "halt", Phase: JournalPhase.Ended }), "the halt on record");
        Assert.Equal("vserver alpha", _host.Prefix.ReadJournal().Last(e => e.Operation == "halt").Actor.Login);
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
        File.Delete(diary);
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Guest_Reboots_IsStartedAgain()
    {
        var name = _host.Add("alpha");
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        var store = new RunStateStore(_host.Paths);
        var first = store.FindRunning(name)!;
        _host.Expect("alpha", "exec", "reboot", "-f");
        TrialHost.Eventually(() => store.FindRunning(name) is { } again && again.Generation != first.Generation, "the second life");
        TrialHost.Eventually(() => _host.Prefix.ReadJournal().Any(e => e is { Operation: "reboot", Phase: JournalPhase.Ended, Outcome: OperationOutcome.Succeeded }), "the reboot on record");

        // the second life began in the host's mount namespace, not in the first one's
        _host.Expect("alpha", "exec", "reboot", "-f");
        TrialHost.Eventually(() => _host.Prefix.ReadJournal().Count(e => e is { Operation: "reboot", Phase: JournalPhase.Ended, Outcome: OperationOutcome.Succeeded }) == 2, "the third life");
        _host.Expect("alpha", "stop");
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Stop_LogHadNoRoomForItsLink_IsReadMeanwhileAndThenUnderItsName()
    {
        var name = _host.Add("alpha");
        var log = Native.Isolation.Monitor.ConsoleLogOf(_host.Paths, name);
        _host.Expect("alpha", "start");
        Assert.NotNull(new FileInfo(log).LinkTarget);
        File.Delete(log);
        TrialHost.Eventually(() => _host.Expect("alpha", "log").Contains("says hello", StringComparison.Ordinal), "its log by its id");
        _host.Expect("alpha", "stop");
        Assert.True(new FileInfo(log) is { Exists: true, LinkTarget: null });
        Assert.Contains("says hello", _host.Expect("alpha", "log"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_host.Paths.Log + "/.running"));
    }

    [Fact]
    public void Guest_FirstProcessKilledFromTheHost_IsStopped()
    {
        var name = _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        _ = Interop.Libc.kill(new RunStateStore(_host.Paths).FindRunning(name)!.Init!.Pid, Interop.Libc.SIGKILL);
        KernelCensus.AssertSame(before, _host.Prefix);
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
    }

    [Fact]
    public void Monitor_KilledFromTheHost_LeavesAVServerThatCanBeStopped()
    {
        var name = _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        _ = Interop.Libc.kill(new RunStateStore(_host.Paths).FindRunning(name)!.Monitor!.Pid, Interop.Libc.SIGKILL);
        _host.Expect("alpha", "exec", "true");
        _host.Expect("alpha", "stop");
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Guest_EndsWhileItIsBeingStopped_TheStopIsOnRecordAndNoHalt()
    {
        // its init ends while the stop has the lock and has not said yet that it stops it: the monitor's exit command comes to wait for that lock
        var diary = _host.Prefix.Directory + "/diary";
        var name = _host.Add("alpha", hook: $"[ $1 = pre-stop ] || exit 0\nkill -KILL $(cat {diary}) && echo ended > {diary}\nsleep 1\n");
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        var init = new RunStateStore(_host.Paths).FindRunning(name)!.Init!.Pid;

        // nothing of our environment reaches a script
        File.WriteAllText(diary, $"{init}");
        _host.Expect("alpha", "stop");
        Assert.Equal("ended\n", File.ReadAllText(diary));
        File.Delete(diary);
        KernelCensus.AssertSame(before, _host.Prefix);
        Assert.Equal(["start", "start", "stop", "stop"], _host.Prefix.ReadJournal().Select(e => e.Operation));
    }

    [Fact]
    public void Stop_WhileTheGuestHalts_EndsOnce()
    {
        _host.Add("alpha");
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "poweroff", "-f");
        _host.Expect("alpha", "stop");
        KernelCensus.AssertSame(before, _host.Prefix);
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
    }
}
