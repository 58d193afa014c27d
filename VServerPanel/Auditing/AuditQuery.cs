using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using VServerPanel.Core.Auditing;
using VServerPanel.Protocol;

namespace VServerPanel.Auditing;

/// <summary>Filters of the history as a query string: the page keeps them in its address, and its CSV link carries them on.</summary>
internal static class AuditQuery
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>Reads filters; what is absent or cannot be read is not looked at.</summary>
    internal static AuditFilter Read(IReadOnlyDictionary<string, StringValues> query) => new()
    {
        From = Day(Text(query, "from")),
        Until = Day(Text(query, "until"))?.AddDays(1),
        Host = Text(query, "host"),
        User = Text(query, "user"),
        VServer = Text(query, "vserver"),
        Operation = Text(query, "operation"),
        Outcome = Enum.TryParse<OperationOutcome>(Text(query, "outcome"), ignoreCase: true, out var outcome) && Enum.IsDefined(outcome) ? outcome : null,
        Phase = Enum.TryParse<AuditPhase>(Text(query, "phase"), ignoreCase: true, out var phase) && Enum.IsDefined(phase) ? phase : null,
        OperationId = Text(query, "job"),
        Text = Text(query, "text"),
    };

    internal static AuditFilter Read(Uri address) => Read(QueryHelpers.ParseQuery(address.Query));

    internal static AuditFilter Read(IQueryCollection query) => Read(query.ToDictionary(q => q.Key, q => q.Value, StringComparer.Ordinal));

    /// <summary>The filters behind <paramref name="path"/>.</summary>
    internal static string Address(string path, AuditFilter filter)
    {
        var query = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["from"] = filter.From?.ToLocalTime().ToString(DayFormat, CultureInfo.InvariantCulture),
            ["until"] = filter.Until?.ToLocalTime().AddDays(-1).ToString(DayFormat, CultureInfo.InvariantCulture),
            ["host"] = filter.Host,
            ["user"] = filter.User,
            ["vserver"] = filter.VServer,
            ["operation"] = filter.Operation,
            ["outcome"] = filter.Outcome?.ToString().ToLowerInvariant(),
            ["phase"] = filter.Phase?.ToString().ToLowerInvariant(),
            ["job"] = filter.OperationId,
            ["text"] = filter.Text,
        };
        return QueryHelpers.AddQueryString(path, query.Where(q => !string.IsNullOrEmpty(q.Value)));
    }

    private static string? Text(IReadOnlyDictionary<string, StringValues> query, string key) =>
        query.TryGetValue(key, out var value) && value.ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The beginning of a day in the panel's time zone; null where it is none that a history could have.</summary>
    private static DateTimeOffset? Day(string? text) =>
        DateTime.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1970 and < 9999 ? new DateTimeOffset(DateTime.SpecifyKind(day, DateTimeKind.Local)) : null;
}
