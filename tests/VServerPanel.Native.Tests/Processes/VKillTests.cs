using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Processes;

[Collection(RealHost.Name)]
public sealed class VKillTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Kill_ProcessOfAVServer_IsSignalledAndJournalled()
    {
        var alpha = _host.Add("alpha");
        _host.Expect("alpha", "start");
        var pid = Spawn("alpha");
        var start = ProcessIdentity.StartOf(pid);
        var id = Guid.NewGuid().ToString("n");
        var panel = new Dictionary<string, string>(StringComparer.Ordinal) { ["SUDO_USER"] = Native.Hosts.HostPaths.PanelUser };
        var result = HostCommand.Run(_host.Prefix, panel, "--as", "vkill", "--json", "--job", id, "--actor-user", "alice", "-TERM", $"{pid}:{start}");
        Assert.Equal(0, result.ExitCode);
        Assert.IsType<ResultEvent>(result.Events[^1]);
        TrialHost.Eventually(() => ProcessIdentity.StartOf(pid) != start, "the process ends");

        var entries = new Journal(_host.Paths).Read().Where(e => e.OperationId == id).ToList();
        Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], entries.Select(e => e.Phase));
        Assert.Equal(("kill", alpha, "alice", OperationOutcome.Succeeded), (entries[1].Operation, entries[1].VServer, entries[1].Actor.PanelUser, entries[1].Outcome));
        Assert.Contains("sleep 27182", entries[1].Before, StringComparison.Ordinal);
    }

    [Fact]
    public void Kill_SignalZero_OnlyAsks()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        var pid = Spawn("alpha");
        _host.Expect("--as", "vkill", "-0", Text(pid));
        Assert.Contains("Send SIGKILL to", _host.Expect("--as", "vkill", "--plan", "-KILL", Text(pid)), StringComparison.Ordinal);
        Assert.NotEqual(0, ProcessIdentity.StartOf(pid));
    }

    [Fact]
    public void Kill_ProcessOfTheHost_IsRefused()
    {
        using var sleep = Process.Start("sleep", "27182");
        try
        {
            var result = _host.VServer("--as", "vkill", "--json", "-9", Text(sleep.Id));
            Assert.Equal((1, ProblemCode.NotPermitted), (result.ExitCode, result.Problem.Code));
            Assert.False(sleep.HasExited);

            // not by our internal tool either
            Assert.NotEqual(0, _host.VServer("--as", "vserver-signal", "", Text(sleep.Id), ProcessIdentity.StartOf(sleep.Id).ToString(CultureInfo.InvariantCulture), "9").ExitCode);
            Assert.False(sleep.HasExited);
        }
        finally
        {
            sleep.Kill();
        }
    }

    [Fact]
    public void Kill_LaterProcessWithTheSamePid_IsSpared()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        var pid = Spawn("alpha");
        var result = _host.VServer("--as", "vkill", "--json", "-9", $"{pid}:{ProcessIdentity.StartOf(pid) - 1}");
        Assert.Equal(ProblemCode.NotFound, result.Problem.Code);
        Assert.NotEqual(0, ProcessIdentity.StartOf(pid));
        Assert.Equal(ProblemCode.NotFound, _host.VServer("--as", "vkill", "--json", "4194303").Problem.Code);
    }

    [Fact]
    public void Kill_ProcessesOfTwoVServers_EachHasItsOwnEntries()
    {
        var names = new[] { _host.Add("alpha"), _host.Add("beta") };
        _host.Expect("alpha", "start");
        _host.Expect("beta", "start");
        var pids = new[] { Spawn("alpha"), Spawn("beta") };
        Assert.Equal(ProblemCode.InvalidArgument, _host.VServer("--as", "vkill", "--json", Text(pids[0]), Text(pids[1])).Problem.Code);
        _host.Expect("--as", "vkill", Text(pids[0]), Text(pids[1]));
        TrialHost.Eventually(() => pids.All(p => ProcessIdentity.StartOf(p) == 0), "both end");
        Assert.Equal(names, new Journal(_host.Paths).Read().Where(e => e is { Operation: "kill", Phase: JournalPhase.Ended }).Select(e => e.VServer!.Value).Order(Comparer<VServerName>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
    }

    [Fact]
    public void Signal_Sender_IsInTheContextOfItsTarget()
    {
        // seen from outside: the group of version 2 that the sender was in when it sent, as the kernel's isolation asks for it
        var unified = CgroupTree.Detect().Unified;
        Assert.SkipWhen(unified is null, "cgroup version 2 is not mounted");
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        var pid = Spawn("alpha");
        var trace = _host.Prefix.Directory + "/trace";
        Assert.SkipWhen(Native.ChildProcesses.ChildProcess.Find("strace") is null, "needs strace to see the order of system calls (apt-get install strace)");
        using var strace = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(StringComparer.Ordinal), "strace", "-f", "-y", "-o", trace, "-e", "trace=write,pwrite64,pidfd_send_signal", HostCommand.Path, "--as", "vkill", Text(pid));
        strace.StandardInput.Close();
        strace.WaitForExit();
        var calls = File.ReadAllLines(trace);
        var entered = Array.FindIndex(calls, l => l.Contains($"{unified}{_host.Paths.CgroupOf(VServerName.Parse("alpha"))}/cgroup.procs", StringComparison.Ordinal) && l.EndsWith("= 1", StringComparison.Ordinal));
        var sent = Array.FindIndex(calls, l => l.Contains("pidfd_send_signal", StringComparison.Ordinal) && l.Contains("SIGTERM", StringComparison.Ordinal) && l.EndsWith("= 0", StringComparison.Ordinal));
        Assert.True(entered >= 0 && sent > entered, string.Join('\n', calls));
    }

    [Fact]
    public void Kill_ProcessOfAFrozenVServer_IsKilledAtOnce()
    {
        var unified = CgroupTree.Detect().Unified;
        Assert.SkipWhen(unified is null, "cgroup version 2 is not mounted");
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        var pid = Spawn("alpha");
        var freeze = $"{unified}{_host.Paths.CgroupOf(VServerName.Parse("alpha"))}/cgroup.freeze";
        File.WriteAllText(freeze, "1");
        try
        {
            _host.Expect("--as", "vkill", "-KILL", Text(pid));
            TrialHost.Eventually(() => !File.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal), "it ends");
        }
        finally
        {
            File.WriteAllText(freeze, "0");
        }
    }

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);

    /// <returns>The pid on the host of a new process of the vserver.</returns>
    private int Spawn(string name)
    {
        _host.Expect(name, "exec", "sh", "-c", "sleep 27182 >/dev/null 2>&1 </dev/null & sleep 0.1");
        return CgroupTree.Detect().Processes(_host.Paths.CgroupOf(VServerName.Parse(name))).Single(p => File.ReadAllText($"/proc/{p}/cmdline").StartsWith("sleep\027182", StringComparison.Ordinal));
    }
}
