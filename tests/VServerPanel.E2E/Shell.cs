using System.Diagnostics;
using System.Text;

namespace VServerPanel.E2E;

/// <summary>Runs a command as an administrator would in a shell.</summary>
internal static class Shell
{
    /// <returns>Exit code, and both outputs together.</returns>
    public static async Task<(int ExitCode, string Output)> TryAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "", TimeSpan? timeOut = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var timer = new CancellationTokenSource(timeOut ?? TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time:\n{output}", late);
        }

        lock (output)
        {
            return (process.ExitCode, output.ToString());
        }

        void Take(string? line)
        {
            if (line is not null)
            {
                lock (output)
                {
                    output.AppendLine(line);
                }
            }
        }
    }

    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "", TimeSpan? timeOut = null)
    {
        var (exitCode, output) = await TryAsync(program, arguments, environment, input, timeOut);
        return exitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {exitCode}:\n{output}");
    }
}
