using System.Globalization;

namespace VServerPanel.Native.Operations;

/// <summary>Tells a process from a later one with the same pid: by its start time (proc(5), stat field 22), and one boot from the next.</summary>
internal static class ProcessIdentity
{
    /// <summary>This boot (random(4), /proc/sys/kernel/random/boot_id).</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Start time in clock ticks since boot; 0 where there is no such process.</summary>
    public static long StartOf(int pid)
    {
        try
        {
            return ParseStart(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Whether it is still the process that was written down.</summary>
    public static bool IsAlive(int pid, long start, string bootId) => string.Equals(bootId, BootId, StringComparison.Ordinal) && start != 0 && StartOf(pid) == start;

    /// <summary>Field 22 of <c>1234 (a name) S 1 …</c>; a name may hold spaces and parentheses, so fields count from the last one. 0 for a
    /// zombie: it has ended, its parent has not looked yet.</summary>
    public static long ParseStart(ReadOnlySpan<char> stat)
    {
        var rest = stat[(stat.LastIndexOf(')') + 1)..].Trim();
        if (rest is ['Z' or 'X', ..])
        {
            return 0;
        }

        for (var field = 3; field < 22; field++)
        {
            var space = rest.IndexOf(' ');
            if (space < 0)
            {
                return 0;
            }

            rest = rest[(space + 1)..];
        }

        var end = rest.IndexOf(' ');
        return long.TryParse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture, out var start) ? start : 0;
    }
}
