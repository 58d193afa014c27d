using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>Figures and times as people read them.</summary>
internal static class Format
{
    internal const string Nothing = "–";

    // a blank that does not break, so that figures stay in one piece
    private static readonly NumberFormatInfo s_groups = new() { NumberGroupSeparator = "\u00a0" };

    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>"1.5 GiB".</summary>
    internal static string Bytes(long? bytes)
    {
        if (bytes is not { } rest)
        {
            return Nothing;
        }

        var unit = 0;
        double value = rest;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, value < 10 && unit > 0 ? 1 : 0)} {s_units[unit]}");
    }

    /// <summary>"2026-11-23 14:31:07", in the panel's time zone.</summary>
    internal static string Time(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? Nothing;

    /// <summary>"14:31:07" today, else with the date.</summary>
    internal static string ShortTime(DateTimeOffset time, DateTimeOffset now)
    {
        var local = time.ToLocalTime();
        return local.ToString(local.Date == now.ToLocalTime().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>"3 d 4 h", "12 min 5 s": the two largest parts.</summary>
    internal static string Duration(TimeSpan? span) => span switch
    {
        null => Nothing,
        { TotalDays: >= 1 } s => string.Create(CultureInfo.InvariantCulture, $"{(int)s.TotalDays} d {s.Hours} h"),
        { TotalHours: >= 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.Hours} h {s.Minutes} min"),
        { TotalMinutes: >= 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.Minutes} min {s.Seconds} s"),
        { TotalSeconds: >= 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0} s"),
        { } s => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, s.TotalMilliseconds):0} ms"),
    };

    /// <summary>Processors as a percentage of one: "12 %".</summary>
    internal static string Load(double? processors) => processors is { } p ? string.Create(CultureInfo.InvariantCulture, $"{p * 100:0} %") : Nothing;

    /// <summary>"0.5".</summary>
    internal static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A share of a whole in percent, 0 to 100; 0 where there is no whole.</summary>
    internal static double Percent(double part, double? whole) => whole is > 0 ? Math.Clamp(part / whole.Value * 100, 0, 100) : 0;

    /// <summary>"1 vserver", "3 vservers".</summary>
    internal static string Count(int count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count} {one}{(count == 1 ? "" : "s")}");

    /// <summary>"25 000": large numbers of things, in groups of three.</summary>
    internal static string Many(long count) => count.ToString("#,0", s_groups);

    /// <summary>"1 process", "3 processes".</summary>
    internal static string Count(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    /// <summary>Words as a shell would need them.</summary>
    internal static string CommandLine(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    internal static string State(VServerState state) => state switch
    {
        VServerState.Running => "Running",
        VServerState.Starting => "Starting",
        VServerState.Stopping => "Stopping",
        VServerState.Stopped => "Stopped",
        VServerState.Incomplete => "Incomplete",
        VServerState.Broken => "Broken",
        VServerState.Standby => "Standby",
        _ => state.ToString(),
    };

    /// <summary>Whose packages they are: "dpkg" or "rpm".</summary>
    internal static string Packages(PackageFormat format) => format is PackageFormat.Rpm ? "rpm" : "dpkg";

    /// <summary>An operation's word of the wire as a title: "audit-export" is "Audit export".</summary>
    internal static string Operation(string operation) => operation switch
    {
        "" => Nothing,
        "vapt" or "vrpm" or "vdnf" => $"Packages ({operation})",
        _ => char.ToUpperInvariant(operation[0]) + operation[1..].Replace('-', ' '),
    };

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@+%".Contains(c, StringComparison.Ordinal)) ? word : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
