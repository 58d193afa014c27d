using System.Globalization;

namespace VServerPanel.Native.Processes;

/// <summary>Files of lines <c>key number</c>, as cgroups have them (memory.stat, cpu.stat, cpuacct.stat).</summary>
internal static class CounterFile
{
    /// <summary>The number of a key; 0 where it is not there or no number.</summary>
    public static long Find(ReadOnlySpan<char> text, ReadOnlySpan<char> key)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key))
            {
                return long.TryParse(line[(key.Length + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
            }
        }

        return 0;
    }
}
