using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Terminal;

/// <summary>How far a terminal is.</summary>
public enum TerminalState
{
    Opening,
    Open,
    Ended,
}

/// <summary>A shell in a vserver. It belongs to the panel, not to a page: it goes on while pages come and go.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A source without timer or handle holds nothing; pages still ask it after the end.")]
public sealed class TerminalSession
{
    // typed and not sent yet; the page waits before it sends more
    private const int MostCommandsWaiting = 64;

    // calls that wait to send; what comes beyond is dropped, as at a terminal whose buffer is full
    private const int MostCallsWaiting = 256;

    /// <summary>A program may be so far ahead of the slowest page that shows it, in bytes.</summary>
    internal const int MostAhead = 128 << 10;

    // who has not kept up for so long is no reader any more: the program goes on, and the page begins again with what is kept
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly TerminalBuffer _buffer = new();
    private readonly HashSet<TerminalView> _views = [];
    private readonly Channel<bool> _drained = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<string> _commands = Channel.CreateBounded<string>(MostCommandsWaiting);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly TimeProvider _time;
    private long _typedAt;
    private int _callsWaiting;
    private string? _reason;

    internal TerminalSession(Caller caller, VServerName vserver, TerminalSize size, string credential, TimeProvider time)
    {
        (Caller, VServer, Size, Credential, _time) = (caller, vserver, size, credential, time);
        StartedAt = time.GetUtcNow();
        _typedAt = time.GetTimestamp();
    }

    /// <summary>Told when something but its output has changed, on any thread.</summary>
    public event EventHandler? Changed;

    /// <summary>Whose it is.</summary>
    public Caller Caller { get; }

    public VServerName VServer { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>What the user's sign-in was when he opened it, for whoever checks that it still is.</summary>
    public string Credential { get; }

    public TerminalSize Size { get; private set; }

    public TerminalState State { get; private set; }

    /// <summary>Why it ended, as a sentence; null while it has not.</summary>
    public string? End { get; private set; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public HostProblemException? Problem { get; private set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>How long until it is ended for lack of keys, where that is soon; else null.</summary>
    public TimeSpan? IdleSoon { get; private set; }

    internal ChannelReader<string> Commands => _commands.Reader;

    /// <summary>Cancelled when the host is no longer waited for.</summary>
    internal CancellationToken Abandoned => _abandoned.Token;

    internal TimeSpan Idle => _time.GetElapsedTime(Interlocked.Read(ref _typedAt));

    /// <summary>Why it was asked to end; null where it was not.</summary>
    internal string? Reason => Volatile.Read(ref _reason);

    /// <summary>Shows it: from what is kept of the past on.</summary>
    public TerminalView Attach()
    {
        lock (_gate)
        {
            var view = new TerminalView(this, _buffer.FirstToShow(), _buffer.End);
            _views.Add(view);
            return view;
        }
    }

    /// <summary>Types. Waits where the program does not read what was typed before, and drops it where many wait already.</summary>
    public async Task TypeAsync(ReadOnlyMemory<byte> keys, CancellationToken cancellationToken = default)
    {
        StayAwake();
        await SendAsync(new TerminalInput(keys), cancellationToken);
    }

    /// <summary>Tells the program the size of the window.</summary>
    public async Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(size);
        if (size.IsPossible && size != Size)
        {
            Size = size;
            await SendAsync(size, cancellationToken);
        }
    }

    /// <summary>Puts off the end for lack of keys.</summary>
    public void StayAwake()
    {
        Interlocked.Exchange(ref _typedAt, _time.GetTimestamp());
        if (IdleSoon is not null)
        {
            Warn(null);
        }
    }

    /// <summary>Hangs up; it has ended when <see cref="State"/> says so.</summary>
    /// <param name="reason">As a sentence.</param>
    public void HangUp(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _commands.Writer.TryComplete();
    }

    internal void Warn(TimeSpan? left)
    {
        IdleSoon = left;
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>The host does not answer to the hang-up: it is not waited for.</summary>
    internal void Abandon() => _abandoned.Cancel();

    internal void Opened()
    {
        State = TerminalState.Open;
        Changed?.Invoke(this, EventArgs.Empty);
    }

    internal void Ended(string end, HostProblemException? problem)
    {
        _commands.Writer.TryComplete();
        lock (_gate)
        {
            (State, End, Problem, EndedAt, IdleSoon) = (TerminalState.Ended, end, problem, _time.GetUtcNow(), null);
            foreach (var view in _views)
            {
                view.Wake();
            }
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Takes output from the host; comes back when the pages are not too far behind.</summary>
    internal async Task ShowAsync(ReadOnlyMemory<byte> output)
    {
        lock (_gate)
        {
            _buffer.Append(output.Span);
            foreach (var view in _views)
            {
                view.Wake();
            }
        }

        if (!IsAhead())
        {
            return;
        }

        using var patience = new CancellationTokenSource(s_longestHold, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _abandoned.Token);
        try
        {
            while (IsAhead() && Reason is null)
            {
                await _drained.Reader.ReadAsync(either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // a page that sleeps in a background tab
        }
    }

    internal (long From, byte[] Data, bool IsLost, bool HasEnded) Take(TerminalView view, int most)
    {
        lock (_gate)
        {
            var isLost = view.Position < _buffer.Start;
            var from = isLost ? _buffer.FirstToShow() : view.Position;
            var data = _buffer.Read(from, most);
            view.Position = from + data.Length;
            _drained.Writer.TryWrite(true);
            return (from, data, isLost, State == TerminalState.Ended);
        }
    }

    internal void Detach(TerminalView view)
    {
        lock (_gate)
        {
            _views.Remove(view);
            _drained.Writer.TryWrite(true);
        }
    }

    private bool IsAhead()
    {
        lock (_gate)
        {
            return _views.Count > 0 && _buffer.End - _views.Min(v => v.Position) > MostAhead;
        }
    }

    private async Task SendAsync(TerminalCommand command, CancellationToken cancellationToken)
    {
        try
        {
            // a browser calls as often as it likes, without waiting for the answer
            if (Interlocked.Increment(ref _callsWaiting) <= MostCallsWaiting)
            {
                await _commands.Writer.WriteAsync(TerminalCommand.Write(command), cancellationToken);
            }
        }
        catch (ChannelClosedException)
        {
            // it has ended
        }
        finally
        {
            Interlocked.Decrement(ref _callsWaiting);
        }
    }
}
