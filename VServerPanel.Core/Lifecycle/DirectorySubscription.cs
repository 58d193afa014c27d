using System.Threading.Channels;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>What one reader has not been told yet. It holds names, not states: however slow the reader, never more than one a vserver.</summary>
internal sealed class DirectorySubscription(DirectoryState state) : IDisposable
{
    // beyond this many vanished ones it is shorter to tell everything again
    private const int MostGone = 1000;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool _isPending;

    /// <summary>Everything is to be told: so it begins.</summary>
    public bool IsReset { get; private set; } = true;

    public HashSet<VServerName> Changed { get; } = [];

    public Dictionary<VServerName, VServerGone> Gone { get; } = [];

    // The members below are called under the state's lock.
    public void Add(VServerName name)
    {
        Gone.Remove(name);
        Changed.Add(name);
    }

    public void Remove(VServerGone gone)
    {
        Changed.Remove(gone.Name);
        Gone[gone.Name] = gone;
        IsReset |= Gone.Count > MostGone;
    }

    public void Clear()
    {
        IsReset = _isPending = false;
        Changed.Clear();
        Gone.Clear();
    }

    public void Wake()
    {
        _isPending = true;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Everything first, then what changes.</summary>
    public async IAsyncEnumerable<DirectoryChange> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return state.Take(this);
        await foreach (var _ in _wake.Reader.ReadAllAsync(cancellationToken))
        {
            if (_isPending)
            {
                yield return state.Take(this);
            }
        }
    }

    public void Dispose() => state.Unsubscribe(this);
}
