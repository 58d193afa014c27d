using System.Globalization;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>For tests of crash safety: with <c>VSERVER_FAULT_AT=N</c> this process is killed (SIGKILL) when it reaches its Nth fault point.</summary>
internal static class FaultPoint
{
    private static readonly int s_at = int.TryParse(Environment.GetEnvironmentVariable("VSERVER_FAULT_AT"), CultureInfo.InvariantCulture, out var at) ? at : 0;
    private static readonly string[] s_stages = (Environment.GetEnvironmentVariable("VSERVER_FAULT_STOP") ?? "").Split(',');
    private static int s_reached;

    /// <summary>With <c>VSERVER_FAULT_STOP=STAGE[,STAGE…]</c> this process stops here (SIGSTOP) until the test lets it go on: what it depends on may be gone by then.</summary>
    public static void Stage(string stage)
    {
        if (Array.IndexOf(s_stages, stage) >= 0)
        {
            // by this thread: a signal to the process may stop it only when this one has gone on
            _ = Libc.raise(Libc.SIGSTOP);
        }
    }

    public static void Reach()
    {
        if (s_at > 0 && Interlocked.Increment(ref s_reached) == s_at)
        {
            _ = Libc.kill(Environment.ProcessId, Libc.SIGKILL);
        }
    }
}
