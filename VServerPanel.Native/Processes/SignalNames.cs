using System.Globalization;

namespace VServerPanel.Native.Processes;

/// <summary>Signals by name (signal(7); the numbers of x86 and ARM).</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 34; // glibc keeps 32 and 33 for itself
    private const int Last = 64;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>HUP INT … as <c>kill -l</c> has them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_names.Skip(1)];

    /// <summary>The number of <c>9</c>, <c>KILL</c>, <c>SIGKILL</c> or <c>RTMIN+3</c>; 0 only asks whether the process is there.</summary>
    public static int? Find(string word)
    {
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number is >= 0 and <= Last and not (32 or 33) ? number : null;
        }

        var name = word.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        if (name.StartsWith("RTMIN", StringComparison.Ordinal))
        {
            return name.Length == 5 ? FirstRealTime
                : name[5] == '+' && int.TryParse(name.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset <= Last - FirstRealTime ? FirstRealTime + offset
                : null;
        }

        return name.Length > 0 && Array.IndexOf(s_names, name) is > 0 and var index ? index : null;
    }

    /// <summary>SIGKILL; a bare number for a real-time signal.</summary>
    public static string NameOf(int number) => number > 0 && number < s_names.Length ? "SIG" + s_names[number] : string.Create(CultureInfo.InvariantCulture, $"signal {number}");
}
