using System.Globalization;
using System.Text.RegularExpressions;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>Lines of rsync's with <c>--no-h --info=progress2,stats2</c>.</summary>
internal static partial class RsyncOutput
{
    /// <summary><c>   8238099  12%   10.00MB/s    0:00:08 (xfr#1, to-chk=0/2)</c>: bytes, and bytes a second.</summary>
    public static (long Bytes, long? Rate)? Progress(string line)
    {
        if (ProgressPattern().Match(line) is not { Success: true } match || !long.TryParse(match.Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture, out var bytes))
        {
            return null;
        }

        var unit = match.Groups["unit"].Value switch { "k" or "K" => 1024d, "M" => 1024d * 1024, "G" => 1024d * 1024 * 1024, _ => 1d };
        return (bytes, double.TryParse(match.Groups["rate"].ValueSpan, CultureInfo.InvariantCulture, out var rate) ? (long)(rate * unit) : null);
    }

    /// <summary><c>Number of files: 12 (reg: 3, dir: 9)</c>, <c>Total file size: 4096 bytes</c>, <c>Total bytes sent: 99</c>.</summary>
    public static CopyTotals Total(string line, CopyTotals totals) => TotalPattern().Match(line) is { Success: true } match
        && long.TryParse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture, out var number)
        ? match.Groups["what"].Value switch
        {
            "Number of files" => totals with { Entries = number },
            "Total file size" => totals with { Bytes = number },
            _ => totals with { BytesSent = number },
        }
        : totals;

    [GeneratedRegex(@"^\s*(?<bytes>[0-9]{1,18})\s+[0-9]{1,3}%\s+(?<rate>[0-9.]{1,12})(?<unit>[kKMG]?)B/s", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProgressPattern();

    [GeneratedRegex(@"^(?<what>Number of files|Total file size|Total bytes sent): (?<number>[0-9]{1,18})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TotalPattern();
}
