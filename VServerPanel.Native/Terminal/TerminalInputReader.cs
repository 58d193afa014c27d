using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Terminal;

/// <summary>Reads commands for a terminal from our standard input, on a thread of its own. Its end, or a line that is none, closes the terminal.</summary>
internal sealed class TerminalInputReader : IDisposable
{
    private readonly GuestTerminal _terminal;
    private readonly SafeFileHandle _closedWriter;
    private readonly CancellationTokenRegistration _cancel;

    public TerminalInputReader(GuestTerminal terminal, CancellationToken cancel)
    {
        _terminal = terminal;
        (Closed, _closedWriter) = Libc.Pipe();
        _cancel = cancel.Register(Close);
    }

    /// <summary>Readable when nobody types any more.</summary>
    public SafeFileHandle Closed { get; }

    public void Start() => new Thread(Read) { IsBackground = true, Name = "input" }.Start();

    public void Dispose()
    {
        _cancel.Dispose();
        Close();

        // Closed is not disposed of: the thread may be about to close the other end, and the process ends now
    }

    private void Read()
    {
        try
        {
            using var input = Console.OpenStandardInput();
            var lines = new byte[TerminalCommand.LongestLine];
            for (var filled = 0; filled < lines.Length;)
            {
                var count = input.Read(lines, filled, lines.Length - filled);
                if (count <= 0)
                {
                    return;
                }

                filled += count;
                var begun = 0;
                for (int length; (length = lines.AsSpan(begun, filled - begun).IndexOf((byte)'\n')) >= 0; begun += length + 1)
                {
                    if (!Do(TerminalCommand.Read(lines.AsSpan(begun, length))))
                    {
                        return;
                    }
                }

                lines.AsSpan(begun, filled - begun).CopyTo(lines);
                filled -= begun;
            }
        }
        catch (Exception e) when (e is JsonException or IOException or ObjectDisposedException)
        {
            // not a line of ours, or the terminal is gone: hang up
        }
        finally
        {
            Close();
        }
    }

    private bool Do(TerminalCommand command)
    {
        switch (command)
        {
            case TerminalInput typed:
                _terminal.Write(typed.Data.Span);
                return true;
            case TerminalSize { IsPossible: true } size:
                _terminal.Resize(size);
                return true;
            default:
                return false;
        }
    }

    // the end of a pipe is readable
    private void Close() => _closedWriter.Dispose();
}
