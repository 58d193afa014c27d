using System.Diagnostics;

namespace VServerPanel.Bench;

/// <summary>Runs a command and tells how long it took.</summary>
internal static class Shell
{
    /// <remarks>Its streams are pipes, and little may come out of them: crun gives those it gets to the container's root (fchown(2)), and the terminal or the host's
    /// /dev/null must not be among them.</remarks>
    /// <returns>Wall time in milliseconds.</returns>
    /// <exception cref="InvalidOperationException">It failed; with its output.</exception>
    public static double Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        var elapsed = clock.Elapsed.TotalMilliseconds;
        return process.ExitCode == 0
            ? elapsed
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}: {process.StandardError.ReadToEnd()}");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    public static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "VServerPanel.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("Run it from a checkout.");
    }
}
