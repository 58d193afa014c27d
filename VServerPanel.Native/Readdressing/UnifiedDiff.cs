using System.Globalization;
using System.Text;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary>Two texts as <c>diff -u</c> shows them.</summary>
internal static class UnifiedDiff
{
    /// <summary>Empty where they are the same.</summary>
    public static string Of(string path, string old, string changed)
    {
        var text = new StringBuilder();
        var hunk = new List<DiffLine>();
        foreach (var line in LineDiff.Hunks(LineDiff.Compare(Split(old), Split(changed))).Append(null))
        {
            if (line is not null)
            {
                hunk.Add(line);
            }
            else if (hunk.Count > 0)
            {
                Write(text, hunk);
                hunk.Clear();
            }
        }

        return text.Length == 0 ? "" : $"--- {path}\n+++ {path}\n{text}";
    }

    private static void Write(StringBuilder text, List<DiffLine> hunk)
    {
        text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(hunk.Select(l => l.OldLine))} +{Range(hunk.Select(l => l.NewLine))} @@\n");
        foreach (var line in hunk)
        {
            text.Append(line.Kind switch { DiffKind.Added => '+', DiffKind.Removed => '-', _ => ' ' }).Append(line.Text).Append(line.Text.EndsWith('\n') ? "" : "\n\\ No newline at end of file\n");
        }
    }

    // the first line and how many; a hunk without any on one side is all there is of the other
    private static string Range(IEnumerable<int?> numbers) =>
        numbers.OfType<int>().ToList() is [var first, ..] own ? string.Create(CultureInfo.InvariantCulture, $"{first},{own.Count}") : "0,0";

    // each with its line end
    private static string[] Split(string text)
    {
        List<string> lines = [];
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is >= 0 and var newline ? newline + 1 : text.Length;
            lines.Add(text[at..end]);
            at = end;
        }

        return [.. lines];
    }
}
