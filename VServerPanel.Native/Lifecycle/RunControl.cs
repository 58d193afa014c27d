using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>The run control scripts of a guest whose process 1 is only a reaper (style sysv).</summary>
internal static class RunControl
{
    private const string Script = "/etc/init.d/rc";

    /// <summary>Runs <c>/etc/init.d/rc LEVEL</c>, if the guest has it.</summary>
    public static void Run(HostPaths paths, VServerName name, RunState state, SafeFileHandle root, int level, TimeSpan patience, IReporter report, CancellationToken cancel = default)
    {
        if (!InitProgram.Has(root, Script) || !InitProgram.Has(root, "/bin/sh"))
        {
            return;
        }

        // What it starts keeps its streams: they must not be ours, or we would wait for every daemon. Process 1's lead to the console's log.
        var guest = new GuestExec(paths, name, state);
        var process = guest.Describe(
            GuestUser.Root,
            ["/bin/sh", "-c", $"exec {Script} {level.ToString(CultureInfo.InvariantCulture)} </dev/null >/proc/1/fd/1 2>&1"],
            hasTerminal: false,
            $"RUNLEVEL={level.ToString(CultureInfo.InvariantCulture)}",
            level == 3 ? "PREVLEVEL=N" : "PREVLEVEL=3");
        var code = guest.RunLines(process, patience, new CappedLines(report.ProgramOutput).Add, cancel);
        if (code != 0)
        {
            report.Warn($"'{Script} {level}' in {name} ended with exit code {code}. 'vserver {name} log' shows what it said.");
        }
    }
}
