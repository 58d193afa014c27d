using System.Globalization;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Network;

/// <summary>Many at once, and killed at each step: nothing stays.</summary>
public sealed partial class PrivateModeTests
{
    [Fact]
    public async Task TenStartedAndStoppedAtOnce_LeaveNoLink()
    {
        Assert.NotNull(HostCommand.Path);
        for (var i = 0; i < 10; i++)
        {
            Add($"v{i}", i + 10, i % 3 == 2 ? "NETWORK_LINK=macvlan\nIPROOTDEV=site\n" : $"IPROOTDEV={Bridge}\n", hasInit: i == 4);
        }

        var before = _network.Do(Census);
        for (var round = 0; round < 4; round++)
        {
            foreach (var verb in (string[])["start", "stop"])
            {
                await Parallel.ForEachAsync(Enumerable.Range(0, 10), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, (i, _) =>
                {
                    Expect($"v{i}", verb);
                    return ValueTask.CompletedTask;
                });
                Assert.Equal(verb == "start" ? 7 : 0, Ports().Count);
            }
        }

        Assert.Equal(before.Links, _network.Do(Links));
        AssertSame(before.Census);
    }

    [Fact]
    public void Stop_KilledAtEachStep_LeavesNoLink()
    {
        Add("alpha", 2);
        var before = _network.Do(Census);
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 60);
            Expect("alpha", "start");
            var result = VServer(new() { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "alpha", "stop");
            Expect("alpha", "stop");
            Assert.Equal(before.Links, _network.Do(Links));
            AssertSame(before.Census);
            if (!result.WasKilled)
            {
                Assert.InRange(point, 5, 60);
                return;
            }
        }
    }

    [Fact]
    public void Start_KilledAtEachStep_LeavesNoLink()
    {
        Add("alpha", 2);
        var before = _network.Do(Census);
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 60);
            var result = VServer(new() { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "alpha", "start");
            Expect("--as", "vserver-jobs", "recover");
            if (VServer([], "alpha", "status").ExitCode == 0)
            {
                Assert.Single(Ports());
                Expect("alpha", "stop");
            }

            Assert.Equal(before.Links, _network.Do(Links));
            AssertSame(before.Census);
            if (!result.WasKilled)
            {
                Assert.Equal(0, result.ExitCode);
                Assert.InRange(point, 10, 60);
                return;
            }
        }
    }
}
