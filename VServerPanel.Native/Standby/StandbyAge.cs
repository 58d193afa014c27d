using System.Globalization;

namespace VServerPanel.Native.Standby;

/// <summary>How old a copy is, for people.</summary>
internal static class StandbyAge
{
    /// <summary><c>3 minutes old</c>, <c>5 hours old</c>, <c>2 days old</c>.</summary>
    public static string Of(DateTimeOffset asOf, DateTimeOffset now)
    {
        var minutes = Math.Max(0, (long)(now - asOf).TotalMinutes);
        var (count, unit) = minutes < 120 ? (minutes, "minute") : minutes < 48 * 60 ? (minutes / 60, "hour") : (minutes / (24 * 60), "day");
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")} old");
    }
}
