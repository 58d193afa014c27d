using System.Globalization;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>For tests of crash safety: with <c>VSERVER_FAULT_AT=N</c> this process is killed (SIGKILL) when it reaches its Nth fault point.</summary>
internal static class FaultPoint
{
    private static readonly int s_at = int.TryParse(Environment.GetEnvironmentVariable("VSERVER_FAULT_AT"), CultureInfo.InvariantCulture, out var at) ? at : 0;
    private static int s_reached;

    public static void Reach()
    {
        if (s_at > 0 && Interlocked.Increment(ref s_reached) == s_at)
        {
            _ = Libc.kill(Environment.ProcessId, Libc.SIGKILL);
        }
    }
}
