using System.Buffers;
using System.Text;

namespace VServerPanel.Native.Configuration;

/// <summary>The value that a shell gives to a word, and how to write a value as a word (POSIX.1-2017, Shell Command Language, 2.2 Quoting).</summary>
internal static class ShellWord
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_");

    /// <summary>Reads the value of a word; null where a shell would have to compute it, and then <paramref name="reason"/> says what it would compute.</summary>
    /// <remarks>Bytes that are not UTF-8 are taken for Latin-1, as the tools of 2002 wrote them.</remarks>
    public static string? Read(ReadOnlySpan<byte> word, out string? reason)
    {
        var value = new byte[word.Length];
        var length = 0;
        reason = word.Contains((byte)0) ? "a NUL byte" : null;
        if (reason is not null)
        {
            return null;
        }

        var quote = (byte)0;
        for (var i = 0; i < word.Length; i++)
        {
            var c = word[i];
            if (quote == '\'')
            {
                Unquote(c);
            }
            else if (c == '\\')
            {
                var newline = NewlineLength(word, i + 1);
                if (newline > 0)
                {
                    i += newline;
                }
                else if (i + 1 < word.Length && (quote == 0 || word[i + 1] is (byte)'$' or (byte)'`' or (byte)'"' or (byte)'\\'))
                {
                    value[length++] = word[++i];
                }
                else
                {
                    value[length++] = c;
                }
            }
            else if (Computed(word, i, quote) is { } computed)
            {
                reason = computed;
                return null;
            }
            else
            {
                Unquote(c);
            }
        }

        return Decode(value.AsSpan(0, length));

        void Unquote(byte c)
        {
            if (quote == c)
            {
                quote = 0;
            }
            else if (quote == 0 && c is (byte)'\'' or (byte)'"')
            {
                quote = c;
            }
            else
            {
                value[length++] = c;
            }
        }
    }

    /// <summary>Bytes as text: UTF-8, else Latin-1.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    /// <summary>Whether <paramref name="bytes"/> are UTF-8.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    /// <summary>Writes <paramref name="value"/> as one word that a shell reads back as exactly that, in the quotes of the word it replaces where they can hold it.</summary>
    /// <exception cref="ArgumentException">The value holds a NUL or half a surrogate pair, which no conf file can.</exception>
    public static byte[] Write(string value, ReadOnlySpan<byte> replaced)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A value cannot hold a NUL character.");
        }

        var isPlain = value.Length > 0 && !value.AsSpan().ContainsAnyExcept(s_plain);
        var style = replaced.Length == 0 ? '"' : (char)replaced[0];
        string word;
        if (isPlain && style is not ('"' or '\''))
        {
            word = value;
        }
        else if (style != '\'' && value.AsSpan().IndexOfAny("$`\"\\") < 0)
        {
            word = $"\"{value}\"";
        }
        else if (!value.Contains('\'', StringComparison.Ordinal))
        {
            word = $"'{value}'";
        }
        else
        {
            word = Escape(value);
        }

        return s_strictUtf8.GetBytes(word);
    }

    private static string Escape(string value)
    {
        var word = new StringBuilder("\"", value.Length + 8);
        foreach (var c in value)
        {
            if (c is '$' or '`' or '"' or '\\')
            {
                word.Append('\\');
            }

            word.Append(c);
        }

        return word.Append('"').ToString();
    }

    private static string? Computed(ReadOnlySpan<byte> word, int i, byte quote)
    {
        var next = i + 1 < word.Length ? word[i + 1] : (byte)0;
        return word[i] switch
        {
            (byte)'`' => "a command (`…`)",
            (byte)'$' when next == '(' => "a command or sum ($(…))",
            (byte)'$' when next == '{' || next == '_' || char.IsAsciiLetterOrDigit((char)next) || next is (byte)'@' or (byte)'*' or (byte)'#' or (byte)'?' or (byte)'-' or (byte)'$' or (byte)'!' => "a variable ($…)",
            // $'…' and $"…" are dollar quotes in some shells and a dollar sign before a quote in others
            (byte)'$' when next == '\\' && NewlineLength(word, i + 2) > 0 => "a variable ($…)",
            (byte)'$' when quote == 0 && next is (byte)'\'' or (byte)'"' => "a dollar quote ($'…')",
            (byte)'~' when quote == 0 && (i == 0 || word[i - 1] is (byte)':' or (byte)'\n') => "a home directory (~)",
            _ => null,
        };
    }

    private static int NewlineLength(ReadOnlySpan<byte> word, int at) =>
        at < word.Length && word[at] == '\n' ? 1
        : at + 1 < word.Length && word[at] == '\r' && word[at + 1] == '\n' ? 2
        : 0;
}
