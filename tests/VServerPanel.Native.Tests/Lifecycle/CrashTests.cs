using System.Globalization;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Lifecycle;

/// <summary>The command is killed at every step; recovery leaves nothing half done.</summary>
[Collection(RealHost.Name)]
public sealed class CrashTests : IDisposable
{
    private const int MostPoints = 60;

    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Start_KilledAtEachStep_IsRolledBackOrDone()
    {
        _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        var points = KillAtEach("start", () =>
        {
            _host.Expect("--as", "vserver-jobs", "recover");

            // killed after its point of no return it runs; before, nothing is left
            if (_host.VServer("alpha", "status").ExitCode == 0)
            {
                _host.Expect("alpha", "exec", "true");
                _host.Expect("alpha", "stop");
            }

            KernelCensus.AssertSame(before, _host.Prefix);
        });
        Assert.InRange(points, 8, MostPoints);
    }

    [Fact]
    public void Stop_KilledAtEachStep_IsFinishedByTheNext()
    {
        _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        var points = KillAtEach("stop", () =>
        {
            // without recover: the next operation on it does that
            _host.Expect("alpha", "stop");
            KernelCensus.AssertSame(before, _host.Prefix);
            _host.Expect("alpha", "start");
        });
        Assert.InRange(points, 5, MostPoints);
    }

    [Fact]
    public void Start_FromAnEarlierBoot_IsClearedAndStarted()
    {
        var name = _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var path = new Native.Lifecycle.RunStateStore(_host.Paths).PathOf(name);
        var state = File.ReadAllText(path);
        _host.Expect("alpha", "stop");

        // /var/run on disk, after the power came back
        Directory.CreateDirectory(_host.Paths.RunDirectoryOf(name));
        File.WriteAllText(path, state.Replace(Native.Operations.ProcessIdentity.BootId, Guid.NewGuid().ToString(), StringComparison.Ordinal));
        File.WriteAllText(_host.Paths.ContextOf(name), "S_CONTEXT=5\nS_PROFILE=prod\n");
        Directory.CreateDirectory($"{_host.Paths.RuntimeState}/alpha");
        Assert.Equal(3, _host.VServer("alpha", "status").ExitCode);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "exec", "true");
    }

    private int KillAtEach(string verb, Action afterwards)
    {
        for (var point = 1; point <= MostPoints; point++)
        {
            var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "alpha", verb);
            if (!result.WasKilled)
            {
                Assert.Equal(0, result.ExitCode);
                return point - 1;
            }

            afterwards();
        }

        return int.MaxValue;
    }
}
