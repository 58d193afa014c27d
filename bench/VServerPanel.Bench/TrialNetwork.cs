using System.Diagnostics;

namespace VServerPanel.Bench;

/// <summary>A network namespace that stands for the host's, with one bridge; the program runs itself again in there.</summary>
internal static class TrialNetwork
{
    public const string Device = "site";
    public const string HostAddress = "10.77.0.1";
    private const string Marker = "VSERVER_BENCH_NETWORK";

    /// <summary>Runs the work in the namespace; outside of it, runs this program again inside.</summary>
    public static int Within(Func<int> work)
    {
        if (Environment.GetEnvironmentVariable(Marker) is null)
        {
            var start = new ProcessStartInfo("unshare", ["--net", Environment.ProcessPath!, .. Environment.GetCommandLineArgs().Skip(1)]) { Environment = { [Marker] = "1" } };
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }

        Shell.Run("ip", ["link", "set", "lo", "up"]);
        Shell.Run("ip", ["link", "add", Device, "type", "bridge"]);
        Shell.Run("ip", ["address", "add", HostAddress + "/24", "dev", Device]);
        Shell.Run("ip", ["link", "set", Device, "up"]);
        return work();
    }
}
