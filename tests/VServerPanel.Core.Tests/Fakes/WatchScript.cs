using System.Threading.Channels;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Plays <c>vserver-stat --watch</c>: each call of it gets what is said from then on.</summary>
internal sealed class WatchScript
{
    private Channel<WireEvent> _stream = Channel.CreateUnbounded<WireEvent>();

    public WatchScript(FakeHost host) => host.OnCall("vserver-stat --watch", (_, cancel) =>
    {
        Calls++;
        return _stream.Reader.ReadAllAsync(cancel);
    });

    public int Calls { get; private set; }

    public void Say(WireEvent wireEvent) => _stream.Writer.TryWrite(wireEvent);

    public void Say(VServerStatus status) => Say(FakeHost.Item(ItemKinds.VServer, status));

    public void SnapshotComplete() => Say(Empty(ItemKinds.SnapshotComplete));

    public void Heartbeat() => Say(Empty(ItemKinds.Heartbeat));

    /// <summary>Ends the stream; the next call gets a new one.</summary>
    public void End(WireEvent? last = null)
    {
        var old = _stream;
        _stream = Channel.CreateUnbounded<WireEvent>();
        if (last is not null)
        {
            old.Writer.TryWrite(last);
        }

        old.Writer.Complete();
    }

    private static ItemEvent Empty(string kind) => new(kind, System.Text.Json.JsonSerializer.SerializeToElement(new object()));
}
