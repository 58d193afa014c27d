using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VServerPanel.Core.Storage;

namespace VServerPanel.Core.Hosts;

/// <summary>All hosts of this panel with their services, running.</summary>
public sealed partial class Fleet : BackgroundService
{
    private readonly IDbContextFactory<StateDbContext> _databases;
    private readonly Func<PinnedHost, bool, HostServices> _make;
    private readonly ILogger<Fleet> _logger;
    private readonly Lock _gate = new();
    private readonly HashSet<Channel<bool>> _readers = [];

    // replaced, never changed
    private volatile IReadOnlyList<HostServices> _others = [];

    internal Fleet(HostServices own, IDbContextFactory<StateDbContext> databases, Func<PinnedHost, bool, HostServices> make, ILogger<Fleet> logger) =>
        (Own, _databases, _make, _logger) = (own, databases, make, logger);

    /// <summary>The host that the panel was made for.</summary>
    public HostServices Own { get; }

    /// <summary>All of them: the own first, the others by name.</summary>
    public IReadOnlyList<HostServices> All => [Own, .. _others];

    /// <summary>How they are now.</summary>
    public IReadOnlyList<HostState> States => [.. All.Select(HostState.Of)];

    /// <summary>One of them; null where there is none of this name.</summary>
    public HostServices? Find(string name) => All.FirstOrDefault(h => h.Name == name);

    /// <summary>How they are, and again whenever a host or one of its vservers changes, until cancelled. A slow reader misses what was in between.</summary>
    public async IAsyncEnumerable<IReadOnlyList<HostState>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watched = new HashSet<HostServices>();
        lock (_gate)
        {
            _readers.Add(wake);
        }

        try
        {
            wake.Writer.TryWrite(true);
            while (await wake.Reader.ReadAsync(cancellationToken))
            {
                foreach (var host in All.Where(watched.Add))
                {
                    _ = WakeAsync(host, wake.Writer, over.Token);
                }

                yield return States;
            }
        }
        finally
        {
            lock (_gate)
            {
                _readers.Remove(wake);
            }

            await over.CancelAsync();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Own.StartAsync(cancellationToken);
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        foreach (var record in await database.Hosts.AsNoTracking().OrderBy(h => h.Name).ToListAsync(cancellationToken))
        {
            try
            {
                await AddAsync(record.Read(), record.Label, record.IsOff, cancellationToken);
            }
            catch (HostProblemException e)
            {
                LogNotRead(_logger, record.Name, e.Message);
            }
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(All.Select(h => h.StopAsync(cancellationToken)));
    }

    public override void Dispose()
    {
        foreach (var host in All)
        {
            host.Dispose();
        }

        base.Dispose();
    }

    /// <summary>Takes a host in, whether it answers or not.</summary>
    internal async Task AddAsync(PinnedHost host, string? label, bool isOff, CancellationToken cancellationToken)
    {
        var services = _make(host, isOff);
        services.Label = label ?? host.Name;
        await services.StartAsync(cancellationToken);
        _ = services.BrokenAsync().ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        Change(others => others.Append(services).OrderBy(h => h.Name, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Forgets a host. What runs there goes on.</summary>
    /// <param name="name">Which.</param>
    /// <param name="why">What is told to who still has one of its services.</param>
    /// <param name="cancellationToken">Ends the wait for its services.</param>
    internal async Task RemoveAsync(string name, string why, CancellationToken cancellationToken)
    {
        if (_others.FirstOrDefault(h => h.Name == name) is not { } host)
        {
            return;
        }

        // its services are not disposed of: pages that are open have them, and are told that the host is gone
        Change(others => others.Where(h => h != host));
        host.CutOff(why);
        await host.StopAsync(cancellationToken);
        host.Directory.Rest(why);
    }

    /// <summary>Shows another name in lists.</summary>
    internal void Relabel(string name, string label) => Change(others =>
    {
        var all = others.ToList();
        all.FirstOrDefault(h => h.Name == name)?.Label = label;
        return all;
    });

    // the program stops when what its own host needs breaks; what breaks of another is in the log
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Own.BrokenAsync().WaitAsync(stoppingToken);

    private static async Task WakeAsync(HostServices host, ChannelWriter<bool> wake, CancellationToken over)
    {
        try
        {
            await foreach (var _ in host.Directory.WatchAsync(over))
            {
                wake.TryWrite(true);
            }
        }
        catch (OperationCanceledException)
        {
            // nobody looks any more
        }
    }

    private void Change(Func<IEnumerable<HostServices>, IEnumerable<HostServices>> change)
    {
        lock (_gate)
        {
            _others = [.. change(_others)];
            foreach (var reader in _readers)
            {
                reader.Writer.TryWrite(true);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The host {Host} is left out, for what the database has of it cannot be: {Problem}")]
    private static partial void LogNotRead(ILogger logger, string host, string problem);
}
