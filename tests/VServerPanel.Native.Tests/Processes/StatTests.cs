using VServerPanel.Native.Processes;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Processes;

[Collection(RealHost.Name)]
public sealed class StatTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Stat_RunningAndStopped_AreTold()
    {
        var name = _host.Add("alpha", "# Description: the first\nIPROOT=198.51.100.1\nMEMORY_LIMIT=64M\nPIDS_LIMIT=99\nCPU_LIMIT=0.5\nONBOOT=yes\n", hasInit: false);
        _host.Add("beta");
        Directory.Delete(_host.Paths.TreeOf(_host.Add("gone")), recursive: true);
        _host.Add("wrong", "PRIORITY=high\n");
        File.WriteAllText(_host.Paths.TreeOf(name) + "/etc/os-release", "PRETTY_NAME=\"Trial 1\"\n");
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");

        var all = _host.VServer("--as", "vserver-stat", "--json").Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<VServerStatus>(i.Data)).ToDictionary(s => s.Name.Value);
        var alpha = all["alpha"];
        Assert.Equal(VServerState.Running, alpha.State);
        Assert.Equal(("the first", "Trial 1", true, 64L << 20, 99, 0.5), (alpha.Description, alpha.Distribution, alpha.OnBoot, alpha.MemoryLimitBytes, alpha.ProcessLimit, alpha.ProcessorLimit));
        Assert.Equal(["198.51.100.1"], alpha.Addresses);
        Assert.True(alpha is { Context: > 1, Processes: 1, VirtualBytes: > 100_000, UserSeconds: > 0.01, InitStyle: InitStyle.Sysv, StartedAt: not null });
        Assert.Equal((VServerState.Stopped, InitStyle.Init), (all["beta"].State, all["beta"].InitStyle));
        Assert.Equal(VServerState.Incomplete, all["gone"].State);
        Assert.Equal(VServerState.Broken, all["wrong"].State);

        var table = _host.Expect("--as", "vserver-stat").Split('\n');
        Assert.Matches(@"^CTX#\s+QTY\s+VSZ\s+RSS\s+userTIME\s+sysTIME\s+UPTIME\s+NAME\s+DESCRIPTION$", table[0]);
        Assert.Matches(@"^\d+\s+1\s+\S+\s+\S+\s+0m00s\d\d\s+0m00s\d\d\s+0m\d\ds\d\d\s+alpha\s+the first", table[1]);
    }

    [Fact]
    public async Task Watch_Changes_AreTold_AndItEndsWithItsReader()
    {
        var name = _host.Add("alpha", hasInit: false);
        using var watch = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, "--as", "vserver-stat", "--json", "--watch");
        Assert.IsType<HelloEvent>(await Next());
        Assert.Equal((ItemKinds.VServer, VServerState.Stopped), Kind(await Next()));
        Assert.Equal(ItemKinds.SnapshotComplete, Assert.IsType<ItemEvent>(await Next()).Kind);
        _host.Expect("alpha", "start");
        await Until(e => Kind(e) == (ItemKinds.VServer, VServerState.Running));
        _host.Expect("alpha", "stop");

        // measured in the background meanwhile
        await Until(e => Kind(e) == (ItemKinds.VServer, VServerState.Stopped) && WireProtocol.FromElement<VServerStatus>(((ItemEvent)e).Data).DiskBytes > 1_000_000);
        File.Delete(_host.Paths.ConfOf(name));
        await Until(e => e is ItemEvent { Kind: ItemKinds.VServerGone });

        watch.StandardOutput.Close();
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        async Task<WireEvent> Next() => WireProtocol.Read((await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30)))!);

        async Task Until(Func<WireEvent, bool> condition)
        {
            // heartbeats keep coming, whatever else does not
            for (var deadline = Environment.TickCount64 + 60_000; !condition(await Next());)
            {
                Assert.True(Environment.TickCount64 < deadline, "what is waited for did not come");
            }
        }
    }

    private static (string, VServerState) Kind(WireEvent wireEvent) =>
        wireEvent is ItemEvent { Kind: ItemKinds.VServer } item ? (item.Kind, WireProtocol.FromElement<VServerStatus>(item.Data).State) : ("", default);
}
