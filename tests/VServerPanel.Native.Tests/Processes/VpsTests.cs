using System.Globalization;
using System.Text.RegularExpressions;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Processes;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Processes;

[Collection(RealHost.Name)]
public sealed class VpsTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Json_ProcessesOfAVServer_AreToldAsItSeesThem()
    {
        var alpha = _host.Add("alpha");
        _host.Expect("alpha", "start");
        Spawn("ann", "sleep", "31415");
        var all = All();
        var sleep = Assert.Single(all, p => p.CommandLine == "sleep 31415");
        Assert.Equal((alpha, 1000u, "ann", "S", "sleep"), (sleep.VServer, sleep.Uid, sleep.User, sleep.State, sleep.Name));
        Assert.True(sleep is { Context: > 1, InnerPid: > 1, ResidentBytes: > 0, VirtualBytes: > 0 });
        Assert.Equal(Native.Operations.ProcessIdentity.StartOf(sleep.Pid), sleep.StartTicks);
        Assert.InRange((DateTimeOffset.UtcNow - sleep.StartedAt).TotalSeconds, -1, 30);

        var init = Assert.Single(all, p => p.VServer == alpha && p.InnerPid == 1);
        Assert.Equal(("root", sleep.Context), (init.User, init.Context));

        // the host's own beside them, this test among them, and its kernel's threads
        var own = Assert.Single(all, p => p.Pid == Environment.ProcessId);
        Assert.Equal((null, 0, null, "root"), (own.VServer, own.Context, own.InnerPid, own.User));
        Assert.Contains(all, p => p is { CommandLine: "[kthreadd]", VServer: null });
    }

    [Fact]
    public void Text_Ps_HasTheContextBehindThePid()
    {
        _host.Add("alpha");
        _host.Expect("alpha", "start");
        Spawn("ann", "sleep", "31415");
        var context = _host.Expect("--as", "vserver-stat").Split('\n').First(l => l.Contains("alpha", StringComparison.Ordinal)).Split(' ')[0];
        var lines = _host.Expect("--as", "vps", "-eo", "pid,args").Split('\n');
        Assert.Matches("^ +PID CONTEXT +COMMAND$", lines[0]);
        Assert.Single(lines, l => IsMatch(l, $"^ *[0-9]+ +{context} alpha +sleep 31415$"));
        Assert.Single(lines, l => IsMatch(l, "^ +1 +0 MAIN "));

        // ps itself and what it was started by
        Assert.Single(lines, l => IsMatch(l, "^ *[0-9]+ +0 MAIN +/usr/bin/ps -eo pid,args$"));
        Assert.Equal(1, _host.VServer("--as", "vps", "--no-such-option").ExitCode);
        Assert.Contains("option", _host.VServer("--as", "vps", "--no-such-option").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_FromThePanel_IsRefused()
    {
        var panel = new Dictionary<string, string>(StringComparer.Ordinal) { ["SUDO_USER"] = Native.Hosts.HostPaths.PanelUser };
        Assert.Equal(1, HostCommand.Run(_host.Prefix, panel, "--as", "vps", "axe").ExitCode);
        Assert.IsType<ResultEvent>(HostCommand.Run(_host.Prefix, panel, "--as", "vps", "--json").Events[^1]);
    }

    [Fact]
    public async Task Watch_NewBusyAndEnded_AreTold()
    {
        var cancel = TestContext.Current.CancellationToken;
        var alpha = _host.Add("alpha");
        _host.Expect("alpha", "start");
        using var watch = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(StringComparer.Ordinal), HostCommand.Path, "--as", "vps", "--json", "--watch");
        await Until(e => e is ItemEvent { Kind: ItemKinds.SnapshotComplete });
        Spawn("root", "sh", "-c", "while :; do :; done");
        var busy = await Until(e => Info(e) is { } p && p.VServer == alpha && p.CommandLine.StartsWith("sh -c while", StringComparison.Ordinal) && p.CpuPercent > 2);
        _host.Expect("--as", "vkill", "-9", Info(busy)!.Pid.ToString(CultureInfo.InvariantCulture));
        await Until(e => e is ItemEvent { Kind: ItemKinds.ProcessGone } gone && WireProtocol.FromElement<ProcessGone>(gone.Data).Equals(new ProcessGone(Info(busy)!.Pid, Info(busy)!.StartTicks)));
        watch.StandardOutput.Close();
        await watch.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(20), cancel);

        async Task<WireEvent> Until(Func<WireEvent, bool> condition)
        {
            for (var deadline = Environment.TickCount64 + 60_000; Environment.TickCount64 < deadline;)
            {
                var line = await watch.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancel);
                if (WireProtocol.Read(line) is var wireEvent && condition(wireEvent))
                {
                    return wireEvent;
                }
            }

            Assert.Fail("what is waited for did not come");
            return null!;
        }
    }

    [Fact]
    public void Scan_ThousandsOfProcesses_IdleOnesCostNearlyNothing()
    {
        _host.Add("alpha", "PIDS_LIMIT=3000\nULIMIT=\n");
        _host.Expect("alpha", "start");
        Spawn("root", "sh", "-c", "for i in $(seq 1500); do sleep 31415 & done; wait");
        var scanner = new ProcessScanner(_host.Paths, TimeProvider.System);

        // one small file for all of them, when they have come to rest; what else is read are the host's own processes
        TrialHost.Eventually(
            () =>
            {
                var before = Reads();
                return scanner.Scan().Count(p => p.CommandLine == "sleep 31415") == 1500 && Reads() - before < 1500;
            },
            "1,500 processes that cost less than a read each",
            60);

        // proc(5), /proc/pid/io: system calls that read
        static long Reads() => long.Parse(File.ReadLines("/proc/self/io").First(l => l.StartsWith("syscr:", StringComparison.Ordinal)).AsSpan(6), CultureInfo.InvariantCulture);
    }

    private IReadOnlyList<ProcessInfo> All() =>
        [.. _host.VServer("--as", "vps", "--json").Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.Process).Select(i => WireProtocol.FromElement<ProcessInfo>(i.Data))];

    private static ProcessInfo? Info(WireEvent wireEvent) => wireEvent is ItemEvent { Kind: ItemKinds.Process } item ? WireProtocol.FromElement<ProcessInfo>(item.Data) : null;

    private static bool IsMatch(string line, string pattern) => Regex.IsMatch(line, pattern, RegexOptions.None, TimeSpan.FromSeconds(5));

    // in the background of the vserver
    private void Spawn(string user, params string[] words) =>
        _host.Expect(["alpha", "suexec", user, "sh", "-c", "\"$@\" >/dev/null 2>&1 </dev/null & sleep 0.2", "sh", .. words]);
}
