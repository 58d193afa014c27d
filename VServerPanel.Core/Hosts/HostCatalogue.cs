using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>Which hosts this panel has: adds and removes them. Each such change is recorded in the audit history.</summary>
public sealed partial class HostCatalogue : IDisposable
{
    // services that wait for a host which does not let go of them
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly IDbContextFactory<StateDbContext> _databases;
    private readonly Fleet _fleet;
    private readonly IHostTransport _transport;
    private readonly AuditService _audit;
    private readonly AuditLog _log;
    private readonly TimeProvider _time;

    internal HostCatalogue(IDbContextFactory<StateDbContext> databases, Fleet fleet, IHostTransport transport, AuditService audit, AuditLog log, TimeProvider time) =>
        (_databases, _fleet, _transport, _audit, _log, _time) = (databases, fleet, transport, audit, log, time);

    /// <summary>The public key that another host has to let in, one line.</summary>
    /// <exception cref="HostProblemException">There is none, and it cannot be made.</exception>
    public Task<string> PublicKeyAsync(CancellationToken cancellationToken = default) => _transport.PublicKeyAsync(cancellationToken);

    /// <summary>The hosts that were added, by name.</summary>
    public async Task<IReadOnlyList<KnownHost>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var hosts = await database.Hosts.AsNoTracking().OrderBy(h => h.Name).ToListAsync(cancellationToken);
        return [.. hosts.Select(h => h.View())];
    }

    /// <summary>Asks for the key of the host at an address. Nothing else is sent to it, and nothing is kept.</summary>
    /// <exception cref="HostProblemException">A part of the request cannot be, the name or address is taken, or no sshd answers there.</exception>
    public async Task<PinnedHost> FindAsync(string name, string address, int port, CancellationToken cancellationToken = default)
    {
        var (cleanName, cleanAddress) = (name?.Trim() ?? "", address?.Trim() ?? "");
        SshHost.Check(cleanName, cleanAddress, port);
        await CheckFreeAsync(cleanName, cleanAddress, port, cancellationToken);
        var key = await _transport.FindKeyAsync(cleanAddress, port, cancellationToken);
        SshHost.Parse(cleanName, cleanAddress, port, key);
        return new PinnedHost(cleanName, cleanAddress, port, key);
    }

    /// <summary>Connects with the panel's key to a host that has the key which was found, and asks what it is.</summary>
    /// <exception cref="HostProblemException">It has another key by now, does not let the panel in, does not answer, or has a command that this panel does not understand.</exception>
    public async Task<HostReport> TryAsync(PinnedHost host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        int? version = null;
        var result = await _transport.Reach(host).RunToEndAsync(new HostRequest(["vserver-info"]) { Patience = TimeSpan.FromMinutes(2) }, e => version ??= (e as HelloEvent)?.Version, cancellationToken);
        return version is < WireProtocol.Version or null || result.Data is not { } data
            ? throw new HostProblemException(ProblemCode.Unsupported, $"The vserver command of {host.Name} speaks version {version ?? 0} of the protocol, this panel version {WireProtocol.Version}. Update VServerPanel on that host.")
            : HostCommandExtensions.Read<HostReport>(data);
    }

    /// <summary>Pins the host's key and takes the host in, whether it answers now or not.</summary>
    /// <exception cref="HostProblemException">Its name or address is taken.</exception>
    public async Task AddAsync(PinnedHost host, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(caller);
        Parse(host);
        await CheckFreeAsync(host.Name, host.Address, host.Port, cancellationToken);

        // what cannot be recorded is not done; from here on it is not cancelled
        await _audit.RecordEventAsync(caller, "host-pin-key", $"Pinned the host key {host.Fingerprint} ({host.HostKey.Split(' ')[0]}) for {host.Name}.", cancellationToken: cancellationToken);
        await _log.ForgetPositionAsync(host.Name, CancellationToken.None);
        await using var database = await _databases.CreateDbContextAsync(CancellationToken.None);
        database.Hosts.Add(new HostRecord { Name = host.Name, Address = host.Address, Port = host.Port, HostKey = host.HostKey, AddedBy = caller.UserName, AddedAt = _time.NowAsStored() });
        await SaveAsync(database, host);
        await _fleet.AddAsync(host, label: null, isOff: false, CancellationToken.None);
        await _audit.RecordEventAsync(caller, "host-add", $"Added the host {host.Name} at {host.Address}, port {host.Port}.", cancellationToken: CancellationToken.None);
    }

    /// <summary>Forgets a host, its schedule, and what waits to be done there. Its vservers and jobs go on, and its entries in the audit history stay.</summary>
    /// <exception cref="HostProblemException">There is no such host.</exception>
    public async Task RemoveAsync(string name, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        await _switching.WaitAsync(cancellationToken);
        try
        {
            await RemoveAloneAsync(name, caller, cancellationToken);
        }
        finally
        {
            _switching.Release();
        }
    }

    private async Task RemoveAloneAsync(string name, Caller caller, CancellationToken cancellationToken)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var host = await FindRecordAsync(database, name, cancellationToken);
        await _audit.RecordEventAsync(caller, "host-remove", $"Removed the host {host.Name} at {host.Address}, port {host.Port}.", cancellationToken: cancellationToken);

        // First of all it is not known any more, whatever its services do. What they write until they have stopped is not kept either.
        await ForgetAsync(database, host.Name);
        using var patience = new CancellationTokenSource(s_patience, _time);
        await _fleet.RemoveAsync(host.Name, $"The host {host.Name} was removed from this panel.", patience.Token);
        await ForgetAsync(database, host.Name);
        _transport.Forget(host.Name);
    }

    // a host of the same name that is added later must not begin with what was meant for this one
    private async Task ForgetAsync(StateDbContext database, string host)
    {
        var now = _time.NowAsStored();
        await using var transaction = await database.Database.BeginTransactionAsync();
        await database.Schedules.Where(s => s.Host == host).ExecuteDeleteAsync();
        await database.Creations.Where(c => c.Host == host && c.CompletedAt == null).ExecuteUpdateAsync(row => row.SetProperty(c => c.CompletedAt, now));
        await database.QueuedMoves.Where(m => m.Host == host && m.EndedAt == null).ExecuteUpdateAsync(row => row
            .SetProperty(m => m.State, Moving.QueuedMoveState.Cancelled).SetProperty(m => m.EndedAt, now).SetProperty(m => m.Problem, "The host was removed from this panel."));
        await database.Hosts.Where(h => h.Name == host).ExecuteDeleteAsync();
        await transaction.CommitAsync();
    }

    private static async Task<HostRecord> FindRecordAsync(StateDbContext database, string name, CancellationToken cancellationToken) =>
        await database.Hosts.AsNoTracking().FirstOrDefaultAsync(h => h.Name == name, cancellationToken)
        ?? throw new HostProblemException(ProblemCode.NotFound, $"There is no host {name} that was added to this panel. It may have been removed meanwhile.");

    private static void Parse(PinnedHost host) => SshHost.Parse(host.Name, host.Address, host.Port, host.HostKey);

    private async Task CheckFreeAsync(string name, string address, int port, CancellationToken cancellationToken)
    {
        if (string.Equals(name, _fleet.Own.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw new HostProblemException(ProblemCode.AlreadyExists, $"The panel's own host is called {_fleet.Own.Name}. Give this one another name.");
        }

        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        if (await database.Hosts.AsNoTracking().FirstOrDefaultAsync(h => h.Name == name || (h.Label != null && h.Label == name) || (h.Address == address && h.Port == port), cancellationToken) is { } taken)
        {
            throw Taken(taken, name);
        }
    }

    private static HostProblemException Taken(HostRecord taken, string name) => new(ProblemCode.AlreadyExists, string.Equals(taken.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(taken.Label, name, StringComparison.OrdinalIgnoreCase)
        ? $"There is a host {taken.Name}{(taken.Label is null ? "" : $", shown as {taken.Label},")} already. Give this one another name."
        : $"The host at {taken.Address}, port {taken.Port}, is there already, as {taken.Name}.");

    private static async Task SaveAsync(StateDbContext database, PinnedHost host)
    {
        try
        {
            await database.SaveChangesAsync();
        }
        catch (DbUpdateException e) when (e.InnerException is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 })
        {
            // SQLITE_CONSTRAINT: somebody else was quicker
            throw new HostProblemException(ProblemCode.AlreadyExists, $"There is a host {host.Name}, or one at {host.Address}, port {host.Port}, already.", e);
        }
    }
}
