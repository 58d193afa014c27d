using System.Globalization;

namespace VServerPanel.Native.Configuration;

/// <summary>Amounts of bytes with K, M, G, T (powers of 1024).</summary>
internal static class ByteSize
{
    /// <summary>Reads 1048576, 512M, 2G …; fractions and signs are none.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var shift = text.Length == 0 ? -1 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        if (shift < 0 || !long.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    /// <summary>For people: 20.5 GiB.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var value = (double)bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
