using System.Globalization;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary>Versions as Debian orders them: <c>[epoch:]upstream[-revision]</c> (deb-version(7), Debian policy 5.6.12).</summary>
internal static class DebianVersion
{
    /// <summary>Whether it has an upstream version, and an epoch that is a number if any.</summary>
    public static bool IsValid(string text) => TrySplit(text, out _, out var upstream, out _) && upstream.Length > 0;

    /// <summary>Whether one version is later than another; one that is not valid never is.</summary>
    public static bool IsLater(string candidate, string than) => IsValid(candidate) && IsValid(than) && Compare(candidate, than) > 0;

    /// <summary>Negative where <paramref name="a"/> is the earlier one; versions that are not valid come first.</summary>
    public static int Compare(string a, string b)
    {
        var isValid = TrySplit(a, out var epoch, out var upstream, out var revision);
        if (isValid != TrySplit(b, out var otherEpoch, out var otherUpstream, out var otherRevision) || !isValid)
        {
            return isValid ? 1 : TrySplit(b, out _, out _, out _) ? -1 : string.CompareOrdinal(a, b);
        }

        return epoch != otherEpoch ? epoch.CompareTo(otherEpoch)
            : ComparePart(upstream, otherUpstream) is not 0 and var order ? order
            : ComparePart(revision, otherRevision);
    }

    private static bool TrySplit(ReadOnlySpan<char> text, out int epoch, out ReadOnlySpan<char> upstream, out ReadOnlySpan<char> revision)
    {
        var colon = text.IndexOf(':');
        upstream = text[(colon + 1)..];
        revision = default;
        epoch = 0;
        if (upstream.LastIndexOf('-') is >= 0 and var hyphen)
        {
            revision = upstream[(hyphen + 1)..];
            upstream = upstream[..hyphen];
        }

        return colon < 0 || int.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out epoch);
    }

    /// <summary>In turns: what is no digit, by <see cref="Rank"/>; then digits, as a number.</summary>
    private static int ComparePart(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (a.Length > 0 || b.Length > 0)
        {
            while ((a.Length > 0 && !char.IsAsciiDigit(a[0])) || (b.Length > 0 && !char.IsAsciiDigit(b[0])))
            {
                if (Rank(a).CompareTo(Rank(b)) is not 0 and var rank)
                {
                    return rank;
                }

                a = a[Math.Min(1, a.Length)..];
                b = b[Math.Min(1, b.Length)..];
            }

            var first = TakeDigits(ref a);
            var second = TakeDigits(ref b);
            if (first.Length != second.Length)
            {
                return first.Length.CompareTo(second.Length);
            }

            if (first.SequenceCompareTo(second) is not 0 and var order)
            {
                return order;
            }
        }

        return 0;
    }

    // a tilde before the end, letters after the end (and a digit, where the part without digits ends), all else after the letters
    private static int Rank(ReadOnlySpan<char> text) => text switch
    {
        [] => 0,
        ['~', ..] => -1,
        [var c, ..] when char.IsAsciiDigit(c) => 0,
        [var c, ..] when char.IsAsciiLetter(c) => c,
        [var c, ..] => c + 256,
    };

    private static ReadOnlySpan<char> TakeDigits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? text : text[..end];
        text = text[digits.Length..];
        return digits.TrimStart('0');
    }
}
