using System.Threading.Channels;

namespace VServerPanel.Core.Terminal;

/// <summary>A piece of a terminal's output.</summary>
/// <param name="Data">Bytes; a character may be cut in two.</param>
/// <param name="IsReplay">It was shown before this view was opened: what it asks the terminal has been answered.</param>
/// <param name="IsReset">Something before it is lost: begin with an empty screen.</param>
public sealed record TerminalChunk(byte[] Data, bool IsReplay, bool IsReset);

/// <summary>One page that shows a terminal. Several may show the same.</summary>
public sealed class TerminalView : IDisposable
{
    private const int LargestChunk = 24 << 10;

    private readonly TerminalSession _session;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly long _openedAt;
    private bool _isFirst = true;

    internal TerminalView(TerminalSession session, long from, long openedAt) => (_session, Position, _openedAt) = (session, from, openedAt);

    /// <summary>How far it has read. Set under the session's lock.</summary>
    internal long Position { get; set; }

    /// <summary>The next piece of output, as soon as there is one; null when the terminal has ended and all was told. Asking for the next says that
    /// the one before is on the screen: a program is held up where nobody keeps up with it.</summary>
    public async Task<TerminalChunk?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var (from, data, isLost, hasEnded) = _session.Take(this, LargestChunk);
            if (data.Length > 0)
            {
                var isReset = _isFirst || isLost;
                _isFirst = false;
                return new TerminalChunk(data, from < _openedAt, isReset);
            }

            if (hasEnded)
            {
                return null;
            }

            await _wake.Reader.ReadAsync(cancellationToken);
        }
    }

    public void Dispose() => _session.Detach(this);

    internal void Wake() => _wake.Writer.TryWrite(true);
}
