using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.ChildProcesses;

/// <summary>Runs a program with an argument list, <c>LC_ALL=C.UTF-8</c> and no shell. The one place that starts processes.</summary>
/// <remarks>A child is forked from the calling thread, so it inherits that thread's mount namespace.</remarks>
internal sealed class ChildProcess
{
    // of each stream, and of a line of it
    private const int MostOutput = 4 << 20;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public required string Program { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string? WorkingDirectory { get; init; }

    /// <summary>Text for its standard input; null for an empty one.</summary>
    public string? StandardInput { get; init; }

    /// <summary>Called for every line of its output as it comes, from both streams, on other threads but never at the same time.</summary>
    public Action<string>? OnOutputLine { get; init; }

    /// <summary>How long it may take; then it is killed with its children.</summary>
    public TimeSpan? TimeOut { get; init; }

    /// <summary>The words, for plans and messages.</summary>
    public IReadOnlyList<string> Words => [Program, .. Arguments];

    /// <summary>Where a program is, or null where it is not installed.</summary>
    public static string? Find(string program) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(program) ? program : null
        : DefaultPath.Split(':').Select(d => $"{d}/{program}").FirstOrDefault(File.Exists);

    /// <summary>Where a program is.</summary>
    /// <exception cref="ProblemException">MissingTool, with the package to install.</exception>
    public static string Require(string program, string? package = null) => Find(program)
        ?? throw new ProblemException(ProblemCode.MissingTool, $"The program '{program}' is not installed. Install it ('apt-get install {package ?? program}') and try again.");

    /// <summary>Runs it to its end and returns its output.</summary>
    /// <exception cref="ProblemException">CommandFailed with command, exit code and the end of stderr; TimedOut; MissingTool.</exception>
    public string Run(CancellationToken cancel = default)
    {
        var result = Try(cancel);
        return result.ExitCode == 0 ? result.Output : throw new ProblemException(ProblemCode.CommandFailed, Describe(result));
    }

    /// <summary>Runs it to its end, whatever its exit code.</summary>
    /// <exception cref="ProblemException">TimedOut, MissingTool.</exception>
    public ChildResult Try(CancellationToken cancel = default)
    {
        using var process = Start(redirectOutput: true);
        var output = new StringBuilder();
        var error = new StringBuilder();
        var gate = new Lock();
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput.BaseStream, output), ReadAsync(process.StandardError.BaseStream, error));
        WriteInput(process);

        using var timer = TimeOut is { } limit ? new CancellationTokenSource(limit) : null;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer?.Token ?? CancellationToken.None);
        try
        {
            Task.WhenAll(process.WaitForExitAsync(both.Token), reading).WaitAsync(both.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            reading.GetAwaiter().GetResult();
            cancel.ThrowIfCancellationRequested();
            throw new ProblemException(ProblemCode.TimedOut, $"'{string.Join(' ', Words)}' was still running after {TimeOut!.Value.TotalSeconds:0} s and was ended.");
        }

        return new ChildResult(process.ExitCode, output.ToString(), error.ToString());

        async Task ReadAsync(Stream stream, StringBuilder into)
        {
            var lines = new LineSplitter(line => Take(line, into)) { EndsAtReturns = true, Longest = MostOutput };
            var buffer = new byte[1 << 15];
            try
            {
                for (int count; (count = await stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false)) > 0;)
                {
                    lines.Add(buffer.AsSpan(0, count));
                }

                lines.Finish();
            }
            catch
            {
                // nobody reads it any more: it would wait for ever
                process.Kill(entireProcessTree: true);
                throw;
            }
        }

        void Take(string line, StringBuilder into)
        {
            lock (gate)
            {
                // a program that prints without end must not take our memory
                if (into.Length < MostOutput)
                {
                    into.Append(line).Append('\n');
                }

                OnOutputLine?.Invoke(line);
            }
        }
    }

    /// <summary>Runs it on our own terminal and streams; returns its exit code. Signals that would end us go to it, so that we see its end.</summary>
    /// <param name="whileItRuns">Called beside it with its pid; the token tells that it has ended. Null: nothing.</param>
    public int RunAttached(Action<int, CancellationToken>? whileItRuns = null)
    {
        // 0: not started yet, or ended
        var (pid, early) = (0, 0);
        using var terminate = Forward(PosixSignal.SIGTERM, Libc.SIGTERM);
        using var hangup = Forward(PosixSignal.SIGHUP, Libc.SIGHUP);
        using var interrupt = Forward(PosixSignal.SIGINT, Libc.SIGINT);
        using var process = Start(redirectOutput: false);
        Volatile.Write(ref pid, process.Id);
        if (Volatile.Read(ref early) is not 0 and var missed)
        {
            _ = Libc.kill(process.Id, missed);
        }

        using var ended = new CancellationTokenSource();
        var beside = whileItRuns is null ? null : BackgroundWork.Start(() => whileItRuns(process.Id, ended.Token));
        process.WaitForExit();
        Volatile.Write(ref pid, 0);
        ended.Cancel();
        beside?.Wait();
        return process.ExitCode;

        PosixSignalRegistration Forward(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            Volatile.Write(ref early, number);
            if (Volatile.Read(ref pid) is > 0 and var child)
            {
                _ = Libc.kill(child, number);
            }
        });
    }

    /// <summary>Starts it and lets it go: it inherits our streams unless it changes them.</summary>
    public int StartDetached()
    {
        using var process = Start(redirectOutput: false);
        return process.Id;
    }

    /// <summary>Starts it; the caller owns the process and its redirected streams.</summary>
    public Process StartRedirected() => Start(redirectOutput: true);

    private Process Start(bool redirectOutput)
    {
        var path = Require(Program);
        var start = new ProcessStartInfo(path)
        {
            UseShellExecute = false,
            RedirectStandardInput = redirectOutput,
            RedirectStandardOutput = redirectOutput,
            RedirectStandardError = redirectOutput,
            WorkingDirectory = WorkingDirectory ?? "/",
        };
        if (redirectOutput)
        {
            start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
            start.StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }

        foreach (var argument in Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // nothing of the caller's environment but what a program needs
        var term = start.Environment.TryGetValue("TERM", out var t) ? t : null;
        var prefix = start.Environment.TryGetValue(Hosts.HostPaths.PrefixVariable, out var p) ? p : null;
        start.Environment.Clear();
        start.Environment["PATH"] = DefaultPath;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["HOME"] = "/root";
        if (term is not null)
        {
            start.Environment["TERM"] = term;
        }

        if (prefix is not null)
        {
            start.Environment[Hosts.HostPaths.PrefixVariable] = prefix;
        }

        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        return Process.Start(start) ?? throw new ProblemException(ProblemCode.CommandFailed, $"'{path}' could not be started.");
    }

    private void WriteInput(Process process)
    {
        try
        {
            if (StandardInput is not null)
            {
                process.StandardInput.Write(StandardInput);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended without reading: its exit code says why
        }
    }

    private string Describe(ChildResult result)
    {
        var lines = (result.Error.Length > 0 ? result.Error : result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var tail = string.Join("; ", lines.TakeLast(5));
        return $"'{string.Join(' ', Words)}' failed with exit code {result.ExitCode}{(tail.Length > 0 ? ": " + tail : ".")}";
    }
}

/// <summary>How a child process ended.</summary>
internal sealed record ChildResult(int ExitCode, string Output, string Error);
