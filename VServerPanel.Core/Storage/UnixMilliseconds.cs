using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace VServerPanel.Core.Storage;

/// <summary>Times are stored as milliseconds since 1970: they sort, and SQLite's own functions read them.</summary>
internal sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));
