using System.Diagnostics;

namespace VServerPanel.TwoHosts;

/// <summary>How a program ended.</summary>
public sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>Programs of this machine.</summary>
internal static class Programs
{
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    public static async Task<Ended> TryAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended without reading
        }

        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await error);
    }

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var ended = await TryAsync(program, arguments);
        return ended.ExitCode == 0 ? ended.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {ended.ExitCode}\n{ended.Error}");
    }
}
