using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Runs one program that speaks the wire, and always has a last word for who asked. What program that is, and what its death means, is the transport's.</summary>
internal static class HostProcess
{
    /// <param name="command">The words to run.</param>
    /// <param name="request">What is asked: for its standard input.</param>
    /// <param name="notStarted">Says what it means that the program could not be run, from the reason.</param>
    /// <param name="ended">Says what it means that it ended without an answer, from its exit code and last words.</param>
    /// <param name="cancellationToken">Hangs up.</param>
    public static async IAsyncEnumerable<WireEvent> RunAsync(
        IReadOnlyList<string> command,
        HostRequest request,
        Func<string, ProblemEvent> notStarted,
        Func<int, string, ProblemEvent> ended,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo(command) };
        if (TryStart(process) is { } reason)
        {
            yield return notStarted(reason);
            yield break;
        }

        var errors = new OutputTail();
        var draining = errors.ReadAsync(process.StandardError);
        var answered = false;
        using var over = new CancellationTokenSource();
        try
        {
            var feeding = request.InputLines is { } lines ? FeedLinesAsync(process, lines, over.Token)
                : request.IsStream ? Task.CompletedTask
                : FeedAsync(process, request.StandardInput);
            var output = new BoundedLines(process.StandardOutput, request.IsStream ? long.MaxValue : BoundedLines.MostOfAnAnswer);
            while (await ReadAsync(output, cancellationToken) is { } wireEvent)
            {
                answered = wireEvent.IsLast;
                yield return wireEvent;
                if (answered)
                {
                    yield break;
                }
            }

            await process.WaitForExitAsync(cancellationToken);
            await Task.WhenAny(draining, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken));
            await over.CancelAsync();
            await feeding;
            yield return ended(process.ExitCode, errors.Text);
        }
        finally
        {
            await over.CancelAsync();
            HangUp(process, isOver: answered);
        }
    }

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> command)
    {
        var info = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (var word in command.Skip(1))
        {
            info.ArgumentList.Add(word);
        }

        // programs tell their refusals in the user's language otherwise
        info.Environment["LC_ALL"] = "C.UTF-8";
        return info;
    }

    private static string? TryStart(Process process)
    {
        try
        {
            process.Start();
            return null;
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }

    private static async Task FeedAsync(Process process, string? text)
    {
        try
        {
            await process.StandardInput.WriteAsync(text);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended without reading all: its answer says why
        }
    }

    private static async Task FeedLinesAsync(Process process, ChannelReader<string> lines, CancellationToken over)
    {
        try
        {
            await foreach (var line in lines.ReadAllAsync(over))
            {
                await process.StandardInput.WriteAsync(line.AsMemory(), over);
                await process.StandardInput.WriteAsync("\n".AsMemory(), over);
                await process.StandardInput.FlushAsync(over);
            }

            process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // it has ended: its answer says why
        }
    }

    /// <summary>The next event; null at the end. What cannot be read is a problem, and the last word.</summary>
    private static async Task<WireEvent?> ReadAsync(BoundedLines lines, CancellationToken cancellationToken)
    {
        var line = "";
        try
        {
            while (line is "")
            {
                line = await lines.ReadAsync(cancellationToken);
            }

            if (line is null)
            {
                return null;
            }

            var wireEvent = WireProtocol.Read(line);
            return wireEvent is HelloEvent { Version: > WireProtocol.Version } hello ? TransportProblem.NewerProtocol(hello.Version) : wireEvent;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return TransportProblem.Misread(e is JsonException ? line ?? "" : $"({e.Message})");
        }
    }

    /// <summary>Ends the command that was run. What runs as a job on the host is another process and goes on.</summary>
    private static void HangUp(Process process, bool isOver)
    {
        // An unprivileged user may not signal sudo, which is root's (kill(2), EPERM): closed pipes are the sign to end.
        try
        {
            process.StandardInput.Close();
            process.StandardOutput.Close();
            process.StandardError.Close();
            if (!isOver && !process.HasExited)
            {
                process.Kill();
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            // not ours to signal, or gone meanwhile
        }
    }
}
