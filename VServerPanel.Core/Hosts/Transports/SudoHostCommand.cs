using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Runs the <c>vserver</c> command of this machine as root, through sudo.</summary>
internal sealed class SudoHostCommand(IOptions<HostOptions> options) : IHostCommand
{
    private readonly IReadOnlyList<string> _command = options.Value.Command.Count > 0 ? [.. options.Value.Command] : HostOptions.DefaultCommand;

    public string HostName { get; } = options.Value.Name;

    public async IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var process = new Process { StartInfo = StartInfo(request) };
        if (TryStart(process) is { } refusal)
        {
            yield return refusal;
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
            var output = process.StandardOutput;
            while (await output.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Length == 0)
                {
                    continue;
                }

                var wireEvent = Read(line);
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
            yield return TransportProblem.EndedWithoutAnswer(_command, process.ExitCode, errors.Text);
        }
        finally
        {
            await over.CancelAsync();
            HangUp(process, isOver: answered);
        }
    }

    private ProcessStartInfo StartInfo(HostRequest request)
    {
        var info = new ProcessStartInfo(_command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (var word in _command.Skip(1).Concat(request.CommandLine()))
        {
            info.ArgumentList.Add(word);
        }

        // sudo tells its refusals in the user's language otherwise
        info.Environment["LC_ALL"] = "C.UTF-8";
        return info;
    }

    private ProblemEvent? TryStart(Process process)
    {
        try
        {
            process.Start();
            return null;
        }
        catch (Win32Exception e)
        {
            return TransportProblem.NotStarted(_command, e.Message);
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

    private static WireEvent Read(string line)
    {
        try
        {
            var wireEvent = WireProtocol.Read(line);
            return wireEvent is HelloEvent { Version: > WireProtocol.Version } hello ? TransportProblem.NewerProtocol(hello.Version) : wireEvent;
        }
        catch (JsonException)
        {
            return TransportProblem.Misread(line);
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
