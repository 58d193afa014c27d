using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>Connections by which panels of other machines are in. sshd looks at the keys when one is made, and never again: on one that stands, sessions are opened as before.</summary>
internal static class PanelConnections
{
    private const int Rounds = 20;

    /// <summary>Ends all of them. Sudo and what it runs are root's: they end because nobody listens any more, and jobs go on.</summary>
    /// <returns>How many there were.</returns>
    public static int End()
    {
        if (new ChildProcess { Program = "getent", Arguments = ["passwd", HostPaths.PanelUser] }.Try() is not { ExitCode: 0 } entry
            || entry.Output.Trim().Split(':') is not [_, _, var text, ..] || !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var uid))
        {
            return 0;
        }

        return End(() => Find("/proc", uid));
    }

    /// <summary>A sentence for what was ended, with a blank before it; empty for nothing.</summary>
    internal static string Describe(int ended) => ended switch { 0 => "", 1 => " One connection was open, and has been ended.", _ => $" {ended} connections were open, and have been ended." };

    /// <summary>Ends processes of sshd that carry sessions, and what they carry with them.</summary>
    /// <param name="find">Their numbers; asked again until there are none.</param>
    /// <returns>How many there were.</returns>
    internal static int End(Func<IReadOnlyList<int>> find)
    {
        // one that was let in at the last moment shows itself soon
        var ended = new HashSet<int>();
        for (var round = 0; round < Rounds; round++)
        {
            var there = find();
            foreach (var pid in there)
            {
                _ = Libc.kill(pid, ended.Add(pid) ? Libc.SIGTERM : Libc.SIGKILL);
            }

            if (there.Count == 0 && round > 1)
            {
                break;
            }

            Thread.Sleep(100);
        }

        return ended.Count;
    }

    /// <summary>The processes of sshd that carry a user's sessions: sshd, since OpenSSH 9.8 sshd-session. The root's part of each ends with it.</summary>
    internal static IReadOnlyList<int> Find(string proc, uint uid) =>
        [.. Directory.EnumerateDirectories(proc)
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && IsSession(d + "/status", uid) ? pid : 0)
            .Where(p => p != 0)];

    /// <summary>Whether a process's name is sshd's; since OpenSSH 9.8 sshd-session is what carries sessions.</summary>
    internal static bool IsDaemon(string name) => name is "sshd" or "sshd-session";

    // proc_pid_status(5): "Name:\tsshd", "State:\tS (sleeping)", "Uid:\treal\teffective\tsaved\tfile system"
    private static bool IsSession(string status, uint uid)
    {
        try
        {
            var lines = File.ReadAllLines(status);
            return Value("Name") is [var name] && IsDaemon(name) && Value("State") is not ["Z", ..]
                && Value("Uid") is [var real, ..] && real == uid.ToString(CultureInfo.InvariantCulture);

            string[] Value(string key) => lines.FirstOrDefault(l => l.StartsWith(key + ":", StringComparison.Ordinal))?[(key.Length + 1)..].Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // ended meanwhile
            return false;
        }
    }
}
