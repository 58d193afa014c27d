using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>What is known of all vservers, live: one stream per host, however many pages look.</summary>
public sealed class VServerDirectory(IHostCommand host, TimeProvider time) : BackgroundService
{
    // the host says something every 10 s even if nothing happens
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = s_firstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            var problem = await ReadStreamAsync(stoppingToken);
            pause = _state.Snapshot.Connection.State is DirectoryConnection.Live ? s_firstPause : pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            _state.Connect(DirectoryConnection.Unreachable, problem);
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <summary>Reads one stream to its end; returns why it ended.</summary>
    private async Task<string> ReadStreamAsync(CancellationToken stoppingToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await using var watchdog = time.CreateTimer(_ => silence.Cancel(), null, s_silence, Timeout.InfiniteTimeSpan);
        var fresh = new HashSet<VServerName>();
        var isComplete = false;
        try
        {
            await foreach (var wireEvent in host.RunAsync(new HostRequest(["vserver-stat", "--watch"]) { IsStream = true }, silence.Token))
            {
                watchdog.Change(s_silence, Timeout.InfiniteTimeSpan);
                switch (wireEvent)
                {
                    case ItemEvent { Kind: ItemKinds.VServer } item:
                        var status = HostCommandExtensions.Read<VServerStatus>(item.Data);
                        _ = !isComplete && fresh.Add(status.Name);
                        _state.Put(status);
                        break;
                    case ItemEvent { Kind: ItemKinds.VServerGone } item:
                        _state.Remove(HostCommandExtensions.Read<VServerGone>(item.Data));
                        break;
                    case ItemEvent { Kind: ItemKinds.SnapshotComplete } when !isComplete:
                        isComplete = true;
                        _state.Keep(fresh);
                        _state.Connect(DirectoryConnection.Live, null);
                        break;
                    case ItemEvent { Kind: ItemKinds.Heartbeat }:
                        _state.Settle();
                        break;
                    case ProblemEvent problem:
                        return problem.Message;
                }
            }

            return $"{host.HostName} ended the list of its vservers.";
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"{host.HostName} said nothing for {s_silence.TotalSeconds:0} seconds.";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // whatever it is, the pages shall show it and the panel shall go on: an exception out of a background service ends it
            return e is HostProblemException ? e.Message : $"The list of vservers could not be read: {e.Message}";
        }
    }
}
