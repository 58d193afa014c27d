using System.Globalization;

namespace VServerPanel.Native.Configuration;

/// <summary>A limit of each process.</summary>
/// <param name="Resource">RLIMIT_NPROC …, as the OCI runtime specification names it.</param>
/// <param name="Soft">Soft limit in the resource's unit; <see cref="Unlimited"/>; null: left alone.</param>
/// <param name="Hard">Hard limit, likewise.</param>
internal sealed record ResourceLimit(string Resource, ulong? Soft, ulong? Hard)
{
    public const ulong Unlimited = ulong.MaxValue; // RLIM_INFINITY
}

/// <summary>Reads <c>ULIMIT</c>: arguments as for the shell's <c>ulimit</c>.</summary>
internal static class ResourceLimits
{
    // bash(1), ulimit: letter, resource, and what one of its units is in setrlimit(2)'s
    private static readonly Dictionary<char, (string Resource, ulong Unit)> s_letters = new()
    {
        ['c'] = ("RLIMIT_CORE", 1024),
        ['d'] = ("RLIMIT_DATA", 1024),
        ['e'] = ("RLIMIT_NICE", 1),
        ['f'] = ("RLIMIT_FSIZE", 1024),
        ['i'] = ("RLIMIT_SIGPENDING", 1),
        ['l'] = ("RLIMIT_MEMLOCK", 1024),
        ['m'] = ("RLIMIT_RSS", 1024),
        ['n'] = ("RLIMIT_NOFILE", 1),
        ['q'] = ("RLIMIT_MSGQUEUE", 1),
        ['r'] = ("RLIMIT_RTPRIO", 1),
        ['s'] = ("RLIMIT_STACK", 1024),
        ['t'] = ("RLIMIT_CPU", 1),
        ['u'] = ("RLIMIT_NPROC", 1),
        ['v'] = ("RLIMIT_AS", 1024),
        ['x'] = ("RLIMIT_LOCKS", 1),
    };

    /// <summary>Reads the arguments; null where they are wrong, and then the error says what to write.</summary>
    public static IReadOnlyList<ResourceLimit>? TryParse(string arguments, out string? error)
    {
        var values = new Dictionary<string, ulong>(StringComparer.Ordinal);
        var (soft, hard) = (false, false);
        char? letter = null;
        foreach (var word in arguments.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word is ['-', _, ..])
            {
                foreach (var c in word[1..])
                {
                    soft |= c == 'S';
                    hard |= c == 'H';
                    if (c is 'S' or 'H')
                    {
                        continue;
                    }

                    if (letter is not null || !s_letters.ContainsKey(c))
                    {
                        error = letter is not null ? $"-{letter} has no value. Write a number or unlimited after it." : $"-{c} is no limit. The limits are {string.Join(' ', s_letters.Keys.Select(k => $"-{k}"))}.";
                        return null;
                    }

                    letter = c;
                }

                continue;
            }

            var (resource, unit) = s_letters[letter ?? 'f'];
            if (!TryParseValue(word, unit, out var value))
            {
                error = $"'{word}' is no value of a limit. Write a number or unlimited.";
                return null;
            }

            values[resource] = value;
            letter = null;
        }

        // -H and -S count for all limits of the call, wherever they stand; neither is both (bash(1), ulimit)
        error = letter is null ? null : $"-{letter} has no value. Write a number or unlimited after it.";
        return error is null ? [.. values.Select(v => new ResourceLimit(v.Key, soft || !hard ? v.Value : null, hard || !soft ? v.Value : null))] : null;
    }

    private static bool TryParseValue(string word, ulong unit, out ulong value)
    {
        value = ResourceLimit.Unlimited;
        if (word == "unlimited")
        {
            return true;
        }

        if (!ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > (ulong)long.MaxValue / unit)
        {
            return false;
        }

        value *= unit;
        return true;
    }
}
