using System.Diagnostics;

namespace VServerPanel.Native.Tests.Kernel;

public sealed class PatchSeriesTests
{
    [Fact]
    public async Task Series_SourcesOfThisMachine_AppliesToThem()
    {
        var directory = Path.Combine(Peers.HostCommand.RepositoryRoot(), "kernel-patches/linux-6.1");
        using var make = Process.Start(new ProcessStartInfo("make", ["-C", directory, "--no-print-directory", "check"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = make.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await make.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(make.ExitCode == 0, output + await error);
        Assert.SkipWhen(output.StartsWith("skipped:", StringComparison.Ordinal), output.Trim());
        Assert.Equal(3, output.Split('\n').Count(l => l.StartsWith("applies: ", StringComparison.Ordinal)));
    }
}
