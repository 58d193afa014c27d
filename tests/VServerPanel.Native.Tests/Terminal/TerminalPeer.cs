using System.Diagnostics;
using System.Text;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Terminal;

/// <summary>Draws a terminal, as the panel does: types commands and keeps what comes.</summary>
internal sealed class TerminalPeer : IDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly MemoryStream _output = new();
    private readonly Lock _gate = new();
    private volatile bool _isPaused;

    public TerminalPeer(TrialHost host, params string[] arguments)
    {
        _process = HostCommand.Start(host.Prefix, new Dictionary<string, string>(), HostCommand.Path, ["--json", .. arguments]);
        _reading = Task.Run(ReadAsync);
    }

    public WireEvent? Last { get; private set; }

    public bool IsOpen { get; private set; }

    /// <summary>Whether output is left unread, as by a browser that does not keep up.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    public int Pid => _process.Id;

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return _output.ToArray();
            }
        }
    }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public void Type(string text) => Send(new TerminalInput(Encoding.UTF8.GetBytes(text)));

    public void Send(TerminalCommand command) => SendLine(TerminalCommand.Write(command));

    public void SendLine(string line)
    {
        _process.StandardInput.Write(line + "\n");
        _process.StandardInput.Flush();
    }

    public void HangUp() => _process.StandardInput.Close();

    public void WaitFor(string text) => TrialHost.Eventually(() => Text.Contains(text, StringComparison.Ordinal), $"'{text}' in the output, which is: {Text}");

    public int WaitForEnd()
    {
        Assert.True(_process.WaitForExit(20_000), "the command goes on");
        _reading.GetAwaiter().GetResult();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Last = WireProtocol.Read(line);
            IsOpen |= Last is ItemEvent { Kind: ItemKinds.TerminalOpened };
            if (Last is ItemEvent { Kind: ItemKinds.TerminalOutput } item)
            {
                lock (_gate)
                {
                    _output.Write(WireProtocol.FromElement<TerminalOutput>(item.Data).Data.Span);
                }
            }

            while (_isPaused)
            {
                await Task.Delay(20);
            }
        }
    }
}
