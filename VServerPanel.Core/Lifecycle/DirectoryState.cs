using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>What is known of a host's vservers, and who wants to hear of changes. Safe from any thread; no call waits for a reader.</summary>
internal sealed class DirectoryState(string host, TimeProvider time)
{
    /// <summary>A host has no more id ranges (VServerRegistry).</summary>
    public const int MostVServers = 4095;

    private readonly Lock _lock = new();
    private readonly Dictionary<VServerName, DirectoryEntry> _entries = [];
    private readonly Dictionary<VServerName, DateTimeOffset> _sampledAt = [];
    private readonly HashSet<DirectorySubscription> _subscriptions = [];
    private ConnectionStatus _connection = new(DirectoryConnection.Connecting, null, time.GetUtcNow());
    private DirectorySnapshot? _snapshot;

    public DirectorySnapshot Snapshot
    {
        get
        {
            lock (_lock)
            {
                return _snapshot ??= new DirectorySnapshot(host, _connection, Sorted());
            }
        }
    }

    public DirectoryEntry? Find(VServerName name)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(name);
        }
    }

    public DirectoryEntry? Find(Guid id)
    {
        lock (_lock)
        {
            return _entries.Values.FirstOrDefault(e => e.Id == id);
        }
    }

    public DirectorySubscription Subscribe()
    {
        var subscription = new DirectorySubscription(this);
        lock (_lock)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    public void Unsubscribe(DirectorySubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Remove(subscription);
        }
    }

    /// <summary>Takes what a subscription has pending, in one step with the state it is about.</summary>
    public DirectoryChange Take(DirectorySubscription subscription)
    {
        lock (_lock)
        {
            var change = subscription.IsReset
                ? new DirectoryChange(true, _connection, Sorted(), [])
                : new DirectoryChange(false, _connection, [.. subscription.Changed.Select(name => _entries[name])], [.. subscription.Gone.Values]);
            subscription.Clear();
            return change;
        }
    }

    public void Connect(DirectoryConnection connection, string? message)
    {
        lock (_lock)
        {
            if (_connection.State == connection && _connection.Message == message)
            {
                return;
            }

            // a host that is away stays away since then, whatever each try says
            _connection = new ConnectionStatus(connection, message, _connection.State == connection ? _connection.Since : time.GetUtcNow());
            Tell(static _ => { });
        }
    }

    /// <summary>Takes in what the host says of a vserver.</summary>
    /// <exception cref="HostProblemException">Unsupported: it tells of more than a host can have.</exception>
    public void Put(VServerStatus status)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var before = _entries.GetValueOrDefault(status.Name);
            if (before is null && _entries.Count >= MostVServers)
            {
                throw new HostProblemException(ProblemCode.Unsupported, $"{host} tells of more than {MostVServers} vservers, which no host can have. The rest is not read.");
            }

            var load = ProcessorLoad.Between(before?.Status, _sampledAt.GetValueOrDefault(status.Name), status, now) ?? (status.State is VServerState.Running ? before?.ProcessorLoad : null);
            _entries[status.Name] = new DirectoryEntry(host, status, load);
            _sampledAt[status.Name] = now;
            Tell(s => s.Add(status.Name));
        }
    }

    public void Remove(VServerGone gone)
    {
        lock (_lock)
        {
            // a vserver that was renamed, or made again under its name, is another one by now
            if (_entries.TryGetValue(gone.Name, out var entry) && entry.Id == gone.Id)
            {
                _entries.Remove(gone.Name);
                _sampledAt.Remove(gone.Name);
                Tell(s => s.Remove(gone));
            }
        }
    }

    /// <summary>Forgets those that a new snapshot of the host does not have.</summary>
    public void Keep(IReadOnlySet<VServerName> names)
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values.Where(e => !names.Contains(e.Name)).ToList())
            {
                Remove(new VServerGone(entry.Id, entry.Name));
            }
        }
    }

    /// <summary>The host has told of all that changed: vservers of which it said nothing for some time keep no processor busy.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var entry in _entries.Values.Where(e => e.ProcessorLoad > 0 && now - _sampledAt[e.Name] >= ProcessorLoad.Window).ToList())
            {
                _entries[entry.Name] = entry with { ProcessorLoad = 0 };
                Tell(s => s.Add(entry.Name));
            }
        }
    }

    private List<DirectoryEntry> Sorted() => [.. _entries.Values.OrderBy(e => e.Name.Value, StringComparer.Ordinal)];

    private void Tell(Action<DirectorySubscription> change)
    {
        _snapshot = null;
        foreach (var subscription in _subscriptions)
        {
            change(subscription);
            subscription.Wake();
        }
    }
}
