namespace VServerPanel.Bench;

/// <summary>Times by what was done, told as medians.</summary>
internal sealed class Figures
{
    private readonly Dictionary<string, List<double>> _times = [];
    private readonly Dictionary<string, long> _peaks = [];

    public void Add(string what, double milliseconds, long peakKilobytes = 0)
    {
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"  {what}: {milliseconds:0} ms"));
        _times[what] = [.. _times.GetValueOrDefault(what, []), milliseconds];
        _peaks[what] = Math.Max(_peaks.GetValueOrDefault(what), peakKilobytes);
    }

    /// <summary>All that were measured, against one.</summary>
    public void Tell(string reference)
    {
        foreach (var (what, times) in _times)
        {
            DiskTrial.Tell(what, Shell.Median(times), Shell.Median(_times[reference]), _peaks[what] > 0 ? $"   peak {_peaks[what] / 1024} MB" : "");
        }
    }

    /// <summary>One against the best of some others, as far as they were measured.</summary>
    public void Compare(string what, IEnumerable<string> others)
    {
        if (others.Where(_times.ContainsKey).MinBy(o => Shell.Median(_times[o])) is { } best)
        {
            var (ours, theirs) = (Shell.Median(_times[what]), Shell.Median(_times[best]));
            Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what}: {ours / theirs:0.00} times what '{best}' takes ({theirs / ours:0.00} times as fast)"));
        }
    }

    /// <summary>One against some others that would have to be done one after the other, if all of them were measured.</summary>
    public void CompareSum(string what, IReadOnlyList<string> parts)
    {
        if (parts.All(_times.ContainsKey))
        {
            var (ours, theirs) = (Shell.Median(_times[what]), parts.Sum(p => Shell.Median(_times[p])));
            Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what}: {ours / theirs:0.00} times what '{string.Join("' and '", parts)}' take together"));
        }
    }
}
