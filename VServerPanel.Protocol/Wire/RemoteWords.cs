using System.Globalization;
using System.Text;

namespace VServerPanel.Protocol;

/// <summary>A command line as ssh carries it: <c>vserver WORD WORD …</c>, of which each word is written with letters, digits and <c>-_./:@,=+</c> only. Every other byte of
/// its UTF-8 is <c>%XX</c>, and a lone <c>%</c> is the empty word. No shell finds anything in it to do.</summary>
public static class RemoteWords
{
    /// <summary>The word that stands first.</summary>
    public const string Command = "vserver";

    private const string Plain = "-_./:@,=+";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes words, without the command itself.</summary>
    /// <exception cref="ArgumentException">A word cannot be written as UTF-8, or holds a NUL, which no program can be given.</exception>
    public static string Write(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var line = new StringBuilder(Command);
        foreach (var word in words)
        {
            if (word.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("A word of a command line holds a NUL.", nameof(words));
            }

            line.Append(word.Length == 0 ? " %" : " ");
            foreach (var unit in s_strict.GetBytes(word))
            {
                _ = IsPlain((char)unit) ? line.Append((char)unit) : line.Append('%').Append(unit.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return line.ToString();
    }

    /// <summary>Reads what <see cref="Write"/> has written; null where it is anything else.</summary>
    public static IReadOnlyList<string>? Read(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var parts = line.Split(' ');
        var words = new List<string>(parts.Length);
        foreach (var part in parts.Skip(1))
        {
            if (Word(part) is not { } word)
            {
                return null;
            }

            words.Add(word);
        }

        return parts[0] == Command ? words : null;
    }

    private static string? Word(string part)
    {
        if (part.Length == 0)
        {
            return null;
        }

        if (part == "%")
        {
            return "";
        }

        var bytes = new List<byte>(part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            if (IsPlain(part[i]))
            {
                bytes.Add((byte)part[i]);
            }
            else if (part[i] == '%' && i + 2 < part.Length && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) && unit != 0)
            {
                bytes.Add(unit);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return s_strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal);
}
