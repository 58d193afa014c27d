using System.Globalization;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>The table of the classic <c>vserver-stat</c>: those that run by context, then the others.</summary>
internal static class StatusTable
{
    private const string Header = "CTX#  QTY     VSZ     RSS  userTIME   sysTIME    UPTIME NAME             DESCRIPTION";

    public static IEnumerable<string> Lines(IReadOnlyList<VServerStatus> all, DateTimeOffset now)
    {
        yield return Header;
        foreach (var status in all.OrderBy(s => s.Context ?? int.MaxValue).ThenBy(s => s.Name.Value, StringComparer.Ordinal))
        {
            var text = ReporterExtensions.Printable(status.Warning is null ? status.Description : $"{status.Description} ({status.Warning})".TrimStart());
            yield return (status.Context is { } context
                ? string.Create(CultureInfo.InvariantCulture, $"{context,-5}{status.Processes,4} {Size(status.VirtualBytes),7} {Size(status.ResidentBytes),7} {Duration(status.UserSeconds),9} {Duration(status.SystemSeconds),9} {Uptime(now - status.StartedAt),9} {status.Name,-16} {text}")
                : $"{"-",-5}{"-",4} {"-",7} {"-",7} {"-",9} {"-",9} {Word(status.State),9} {status.Name,-16} {text}").TrimEnd();
        }
    }

    /// <summary>4.5M, 1.2G, in powers of 1024.</summary>
    internal static string Size(long bytes)
    {
        double value = bytes;
        foreach (var unit in "BKMG")
        {
            if (value < 1000)
            {
                return unit == 'B' ? string.Create(CultureInfo.InvariantCulture, $"{value:0}B") : string.Create(CultureInfo.InvariantCulture, $"{value:0.0}{unit}");
            }

            value /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0}T");
    }

    /// <summary>0m03s95, 2h13m22, 5d01h12: as util-vserver had it.</summary>
    internal static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        return time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds:00}s{time.Milliseconds / 10:00}")
            : time.TotalDays < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h{time.Minutes:00}m{time.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}d{time.Hours:00}h{time.Minutes:00}");
    }

    private static string Uptime(TimeSpan? uptime) => Duration(Math.Max(0, uptime?.TotalSeconds ?? 0));

    private static string Word(VServerState state) => state switch
    {
        VServerState.Starting => "starting",
        VServerState.Stopping => "stopping",
        VServerState.Incomplete => "no tree",
        VServerState.Broken => "broken",
        VServerState.Standby => "standby",
        _ => "stopped",
    };
}
