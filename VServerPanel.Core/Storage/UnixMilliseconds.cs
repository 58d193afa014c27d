using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace VServerPanel.Core.Storage;

/// <summary>Times are stored as milliseconds since 1970: they sort, and SQLite's own functions read them.</summary>
internal sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));

internal static class StoredTime
{
    /// <summary>Now, as it reads back from a database.</summary>
    public static DateTimeOffset NowAsStored(this TimeProvider time) => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
