using System.Globalization;

namespace VServerPanel.Native.Processes;

/// <summary>What <c>/proc/PID/stat</c> tells of a process.</summary>
/// <param name="Pid">On the host.</param>
/// <param name="Name">Up to 15 characters of the program's name.</param>
/// <param name="State">R, S, D, Z …</param>
/// <param name="Parent">Pid of its parent.</param>
/// <param name="UserTicks">Processor time in user mode, in clock ticks.</param>
/// <param name="SystemTicks">In kernel mode.</param>
/// <param name="StartTicks">When it started, in clock ticks after boot.</param>
/// <param name="VirtualBytes">Size of its address space.</param>
/// <param name="ResidentPages">Pages in memory.</param>
internal readonly record struct ProcessStat(int Pid, string Name, char State, int Parent, long UserTicks, long SystemTicks, long StartTicks, long VirtualBytes, long ResidentPages)
{
    /// <summary>proc(5): <c>1234 (a name) S 1 1234 1234 0 -1 4194560 105 0 0 0 12 34 0 0 20 0 1 0 5678 8450048 205 …</c>.</summary>
    /// <remarks>A name may hold spaces and parentheses, so the fields after it count from the last parenthesis.</remarks>
    public static bool TryParse(ReadOnlySpan<char> text, out ProcessStat stat)
    {
        stat = default;
        var open = text.IndexOf('(');
        var close = text.LastIndexOf(')');
        if (open < 2 || close < open || close + 2 >= text.Length || !TryNumber(text[..(open - 1)], out var pid) || pid is <= 0 or > int.MaxValue)
        {
            return false;
        }

        var state = text[close + 2];
        long parent = 0, user = 0, system = 0, start = 0, virtualBytes = 0, resident = 0;
        var field = 3;
        foreach (var range in text[(close + 2)..].Split(' '))
        {
            var value = text[(close + 2)..][range];
            var isGood = field switch
            {
                4 => TryNumber(value, out parent),
                14 => TryNumber(value, out user),
                15 => TryNumber(value, out system),
                22 => TryNumber(value, out start),
                23 => TryNumber(value, out virtualBytes),
                24 => TryNumber(value, out resident),
                _ => true,
            };
            if (!isGood)
            {
                return false;
            }

            if (field++ == 24)
            {
                stat = new ProcessStat((int)pid, text[(open + 1)..close].ToString(), state, (int)parent, user, system, start, virtualBytes, Math.Max(0, resident));
                return parent is >= 0 and <= int.MaxValue;
            }
        }

        return false;
    }

    // the last field may carry the line's end
    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text.TrimEnd('\n'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
