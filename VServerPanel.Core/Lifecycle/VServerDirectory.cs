using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>What is known of all vservers, live: one stream per host, however many pages look.</summary>
public sealed class VServerDirectory(IHostCommand host, TimeProvider time) : IBackgroundWork
{
    // bytes; a vserver with hundreds of addresses has some thousand
    private const int LongestItem = 256 << 10;

    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly WatchedStream _stream = new(host, time, "vserver-stat", "vservers", s_silence);
    private readonly DirectoryState _state = new(host.HostName, time);

    /// <summary>All vservers now.</summary>
    public DirectorySnapshot Snapshot => _state.Snapshot;

    /// <summary>One vserver; null where there is none of this name.</summary>
    public DirectoryEntry? Find(VServerName name) => _state.Find(name);

    /// <summary>One vserver by its stable id; null where there is none.</summary>
    public DirectoryEntry? Find(Guid id) => _state.Find(id);

    /// <summary>Everything first, then what changes, until cancelled. A slow reader gets fewer, larger changes and holds nobody up.</summary>
    public async IAsyncEnumerable<DirectoryChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var subscription = _state.Subscribe();
        await foreach (var change in subscription.ReadAsync(cancellationToken))
        {
            yield return change;
        }
    }

    /// <summary>Nothing is read: the host is not asked.</summary>
    internal void Rest(string why) => _state.Connect(DirectoryConnection.Unreachable, why);

    async Task IBackgroundWork.RunAsync(CancellationToken stopping)
    {
        var pause = s_firstPause;
        while (!stopping.IsCancellationRequested)
        {
            var problem = await ReadStreamAsync(stopping);
            pause = _state.Snapshot.Connection.State is DirectoryConnection.Live ? s_firstPause : pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            _state.Connect(DirectoryConnection.Unreachable, problem);
            await Task.Delay(pause, time, stopping);
        }
    }

    /// <summary>Reads one stream to its end; returns why it ended.</summary>
    private Task<string> ReadStreamAsync(CancellationToken stopping)
    {
        var fresh = new HashSet<VServerName>();
        var isComplete = false;
        return _stream.ReadAsync(Take, stopping);

        void Take(ItemEvent item)
        {
            if (JsonMarshal.GetRawUtf8Value(item.Data).Length > LongestItem)
            {
                throw new HostProblemException(ProblemCode.Unsupported, $"{host.HostName} tells more than {LongestItem / 1024} KiB of one vserver. The rest is not read.");
            }

            switch (item.Kind)
            {
                case ItemKinds.VServer:
                    var status = HostCommandExtensions.Read<VServerStatus>(item.Data);
                    _ = !isComplete && fresh.Add(status.Name);
                    _state.Put(status);
                    break;
                case ItemKinds.VServerGone:
                    _state.Remove(HostCommandExtensions.Read<VServerGone>(item.Data));
                    break;
                case ItemKinds.SnapshotComplete when !isComplete:
                    isComplete = true;
                    _state.Keep(fresh);
                    _state.Connect(DirectoryConnection.Live, null);
                    break;
                case ItemKinds.Heartbeat:
                    _state.Settle();
                    break;
            }
        }
    }
}
