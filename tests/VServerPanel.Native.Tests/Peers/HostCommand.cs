using System.Diagnostics;
using System.Runtime.CompilerServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>The published <c>vserver</c> command as a process: env VSERVER_COMMAND, else artifacts/native/vserver.</summary>
internal static class HostCommand
{
    /// <summary>Where it is; the test is skipped where it has not been published or cannot be run.</summary>
    public static string Path
    {
        get
        {
            var path = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? System.IO.Path.Combine(RepositoryRoot(), "artifacts/native/vserver");
            Assert.SkipUnless(File.Exists(path), $"the vserver command has not been published to {path} (make native)");
            Assert.SkipUnless(Environment.UserName == "root", "the vserver command needs root");
            return path;
        }
    }

    public static CommandOutput Run(PrivatePrefix prefix, params string[] arguments) => Run(prefix, new Dictionary<string, string>(), arguments);

    /// <summary>Runs <c>vserver ARGUMENTS</c> to its end.</summary>
    public static CommandOutput Run(PrivatePrefix prefix, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(prefix, environment, Path, arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Starts a program with this prefix; the caller ends it.</summary>
    public static Process Start(PrivatePrefix prefix, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment[HostPaths.PrefixVariable] = prefix.Directory;
        start.Environment.Remove("SUDO_USER");
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    internal static string RepositoryRoot([CallerFilePath] string here = "") => System.IO.Path.GetFullPath("../../..", System.IO.Path.GetDirectoryName(here)!);
}

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record CommandOutput(int ExitCode, string Output, string Error)
{
    public bool WasKilled => ExitCode == 137;

    /// <summary>The lines of the wire (--json).</summary>
    public IReadOnlyList<WireEvent> Events => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l))];

    public ProblemEvent Problem => Assert.IsType<ProblemEvent>(Events[^1]);

    public T Result<T>() => WireProtocol.FromElement<T>(Assert.IsType<ResultEvent>(Events[^1]).Data!.Value);
}
