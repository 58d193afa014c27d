using System.Text;

namespace VServerPanel.Core.Auditing;

/// <summary>Shows the words of a command as a person would type them. For reading and pasting only: nothing here is ever given to a shell.</summary>
public static class ShellWords
{
    /// <summary>The words with quotes where a POSIX shell needs them.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "@%+=:,./_-".Contains(c, StringComparison.Ordinal)))
        {
            return word;
        }

        return word.Any(char.IsControl) ? Escaped(word) : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    // $'…' keeps a command with line breaks on one line (POSIX.1-2024, 2.2.4)
    private static string Escaped(string word)
    {
        var text = new StringBuilder("$'");
        foreach (var c in word)
        {
            _ = c switch
            {
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                '\\' or '\'' => text.Append('\\').Append(c),
                _ when char.IsControl(c) => text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }

        return text.Append('\'').ToString();
    }
}
