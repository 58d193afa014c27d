using System.Diagnostics;

namespace VServerPanel.Bench;

/// <summary>A host with both versions of cgroups, which crun 1.8 refuses where version 2 has controllers.</summary>
internal static class HybridHost
{
    private const string Controllers = "/sys/fs/cgroup/unified/cgroup.controllers";

    /// <summary>Whether crun would refuse this host.</summary>
    public static bool IsRefused => File.Exists(Controllers) && File.ReadAllText(Controllers).Length > 0;

    /// <summary>Runs this program again in a mount namespace that hides version 2's controllers, as vserver itself does for each start.</summary>
    public static int RunAgain(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "--propagation", "slave", "sh", "-c", $"mount --bind /dev/null {Controllers} && exec \"$0\" \"$@\"", Environment.ProcessPath!, .. arguments])
        {
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
