using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Plays <c>vserver NAME terminal</c>: shows what a test says, keeps what is typed, ends as the real one does when its input ends.</summary>
internal sealed class TerminalHost
{
    private readonly Channel<WireEvent> _output = Channel.CreateUnbounded<WireEvent>();

    public TerminalHost(FakeHost host, string name = "web1") => host.OnCall($"vserver {name} terminal", RunAsync);

    /// <summary>Whether it ends when it is hung up.</summary>
    public bool IsDeaf { get; set; }

    public ConcurrentQueue<TerminalCommand> Commands { get; } = new();

    public string Typed => string.Concat(Commands.OfType<TerminalInput>().Select(i => Encoding.UTF8.GetString(i.Data.Span)));

    /// <summary>How much output has been taken.</summary>
    public int Taken { get; private set; }

    public int Open { get; private set; }

    public void Show(string text) => Show(Encoding.UTF8.GetBytes(text));

    public void Show(byte[] bytes) => _output.Writer.TryWrite(FakeHost.Item(ItemKinds.TerminalOutput, new TerminalOutput(bytes)));

    public void Exit(int code) => _output.Writer.TryWrite(FakeHost.Result(new CommandOutcome(code)));

    public void Fail(ProblemEvent problem) => _output.Writer.TryWrite(problem);

    private async IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        Open++;
        try
        {
            yield return new HelloEvent(1, []);
            yield return FakeHost.Item(ItemKinds.TerminalOpened, new Dictionary<string, string>());
            _ = ReadAsync(request.InputLines!, cancel);
            await foreach (var wireEvent in _output.Reader.ReadAllAsync(cancel))
            {
                Taken++;
                yield return wireEvent;
                if (wireEvent.IsLast)
                {
                    yield break;
                }
            }
        }
        finally
        {
            Open--;
        }
    }

    private async Task ReadAsync(ChannelReader<string> lines, CancellationToken cancel)
    {
        await foreach (var line in lines.ReadAllAsync(cancel))
        {
            Commands.Enqueue(TerminalCommand.Read(Encoding.UTF8.GetBytes(line)));
        }

        if (!IsDeaf)
        {
            Exit(129);
        }
    }
}
