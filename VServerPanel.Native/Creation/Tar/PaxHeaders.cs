using System.Globalization;
using System.Text;
using VServerPanel.Native.Creation.Trees;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>The records of pax extended headers: <c>LENGTH KEY=VALUE\n</c> (POSIX.1-2017, pax, "pax Extended Header"). Values are bytes:
/// extended attributes need not be text.</summary>
internal sealed class PaxHeaders
{
    public const string AttributePrefix = "SCHILY.xattr.";

    private readonly List<KeyValuePair<string, byte[]>> _records = [];

    public IReadOnlyList<KeyValuePair<string, byte[]>> Records => _records;

    public static PaxHeaders Parse(ReadOnlySpan<byte> bytes)
    {
        var headers = new PaxHeaders();
        while (bytes.Length > 0 && bytes[0] != 0)
        {
            var space = bytes.IndexOf((byte)' ');
            if (space is <= 0 or > 10 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > bytes.Length || bytes[length - 1] != '\n')
            {
                throw TreeWriter.Damaged("an extended header is cut off");
            }

            var record = bytes[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw TreeWriter.Damaged("an extended header has no key");
            }

            headers._records.Add(new(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..].ToArray()));
            bytes = bytes[length..];
        }

        return headers;
    }

    /// <summary>The last value of a key; null where it is not there.</summary>
    public byte[]? Find(string key) => _records.FindLast(r => r.Key == key).Value;

    public string? FindText(string key) => Find(key) is { } value ? TarHeader.TextOf(value) : null;

    /// <summary>A whole number; null where it is not there.</summary>
    public long? FindNumber(string key) => FindText(key) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw TreeWriter.Damaged($"'{key}={text}' is no number");

    /// <summary>A time: seconds with a decimal fraction.</summary>
    public (long Seconds, long Nanoseconds)? FindTime(string key)
    {
        if (FindText(key) is not { } text)
        {
            return null;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? "" : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) || !fraction.All(char.IsAsciiDigit))
        {
            throw TreeWriter.Damaged($"'{key}={text}' is no time");
        }

        var nanoseconds = fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);

        // -1.25 is a quarter of a second before second -1
        return whole.StartsWith('-') && nanoseconds > 0 ? (seconds - 1, 1_000_000_000 - nanoseconds) : (seconds, nanoseconds);
    }
}
