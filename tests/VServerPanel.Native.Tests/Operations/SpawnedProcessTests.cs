using System.Diagnostics;
using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Tests.Operations;

public sealed class SpawnedProcessTests
{
    private readonly List<string> _lines = [];

    [Fact]
    public void RunLines_NoTimeLimit_RunsToTheEnd()
    {
        Assert.Equal(7, SpawnedProcess.RunLines("/bin/sh", ["-c", "sleep 0.3; echo late; exit 7"], Timeout.InfiniteTimeSpan, _lines.Add));
        Assert.Equal(["late"], _lines);
    }

    [Fact]
    public void RunLines_OutputWithoutEnd_IsEndedInTime()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal(137, SpawnedProcess.RunLines("/bin/sh", ["-c", "exec yes"], TimeSpan.FromSeconds(1), _ => { }));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void RunLines_BackgroundWritesOn_EndsWithTheProcess()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal(3, SpawnedProcess.RunLines("/bin/sh", ["-c", "timeout 30 yes & sleep 0.2; exit 3"], TimeSpan.FromSeconds(25), _ => { }));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData("exec yes")]
    [InlineData("exec sleep 30 >/dev/null 2>&1")]
    public async Task RunLines_Cancelled_IsKilled(string script)
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<OperationCanceledException>(() => Task.Run(() => SpawnedProcess.RunLines("/bin/sh", ["-c", script], TimeSpan.FromSeconds(25), _ => { }, source.Token), TestContext.Current.CancellationToken));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void RunLines_Input_IsAnEmptyPipeAndNoDeviceOfTheHost()
    {
        Assert.Equal(0, SpawnedProcess.RunLines("/bin/sh", ["-c", "readlink /proc/self/fd/0; cat; ps -o tty= -p $$"], TimeSpan.FromSeconds(20), _lines.Add));
        Assert.StartsWith("pipe:", _lines[0], StringComparison.Ordinal);
        Assert.Equal("?", _lines[1].Trim());
    }
}
