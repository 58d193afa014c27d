using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class FiftyTests : IDisposable
{
    private const int VServers = 50;
    private const int Rounds = 20;

    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task FiftyVServers_StartedAndStoppedTwentyTimes_LeaveNothing()
    {
        var command = HostCommand.Path;
        var device = TestDevice.TryAdd();
        try
        {
            for (var i = 0; i < VServers; i++)
            {
                // every fifth has an address, two an init of their own (busybox takes two seconds to shut down)
                var address = device is not null && i % 5 == 0 ? $"IPROOT=198.51.100.{i + 1}/32\nIPROOTDEV={device.Name}\n" : "";
                _host.Add($"v{i:00}", address, hasInit: i % 25 == 24);
            }

            Assert.NotNull(command);
            var before = KernelCensus.Take(_host.Prefix);
            for (var round = 0; round < Rounds; round++)
            {
                await All("start");
                if (round == 0)
                {
                    Assert.Equal(VServers, Enumerable.Range(0, VServers).Count(i => File.Exists(_host.Paths.ContextOf(Protocol.VServerName.Parse($"v{i:00}")))));
                }

                await All("stop");
            }

            KernelCensus.AssertSame(before, _host.Prefix);
        }
        finally
        {
            device?.Dispose();
        }
    }

    private Task All(string verb) => Parallel.ForEachAsync(
        Enumerable.Range(0, VServers),
        new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken },
        (i, _) =>
        {
            _host.Expect($"v{i:00}", verb);
            return ValueTask.CompletedTask;
        });
}
