using System.Globalization;
using System.Runtime.InteropServices;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>A process as its user names it: <c>PID</c>, or <c>PID:STARTTICKS</c> for that process only and no later one with its pid.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcessReference(int Pid, long? StartTicks)
{
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static ProcessReference Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var pidText = colon < 0 ? text : text[..colon];
        long start = 0;
        return int.TryParse(pidText, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0
            && (colon < 0 || (long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out start) && start > 0))
            ? new ProcessReference(pid, colon < 0 ? null : start)
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{text}' is no process. Write its pid on the host, as vps shows it.");
    }
}
