using Microsoft.Extensions.Hosting;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Lifecycle;

/// <summary>What is known of all vservers, live: one stream per host, however many pages look.</summary>
public sealed class VServerDirectory : BackgroundService
{
    /// <summary>All vservers now.</summary>
    public DirectorySnapshot Snapshot => throw new NotSupportedException();

    /// <summary>One vserver; null where there is none of this name.</summary>
    public DirectoryEntry? Find(VServerName name) => throw new NotSupportedException();

    /// <summary>One vserver by its stable id; null where there is none.</summary>
    public DirectoryEntry? Find(Guid id) => throw new NotSupportedException();

    /// <summary>Everything first, then what changes, until cancelled. A slow reader gets fewer, larger changes and holds nobody up.</summary>
    public IAsyncEnumerable<DirectoryChange> WatchAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new NotSupportedException();
}
