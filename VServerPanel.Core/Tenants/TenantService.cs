using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

/// <summary>Tenants, their vservers on any host, their accounts and their links. Every change is recorded in the audit history.</summary>
public sealed partial class TenantService
{
    private const int LongestName = 100;

    private readonly IDbContextFactory<StateDbContext> _databases;
    private readonly AuditService _audit;
    private readonly Func<Fleet> _fleet;
    private readonly TimeProvider _time;

    /// <param name="fleet">Asked late: services of its hosts ask for this one.</param>
    internal TenantService(IDbContextFactory<StateDbContext> databases, AuditService audit, Func<Fleet> fleet, TimeProvider time) =>
        (_databases, _audit, _fleet, _time) = (databases, audit, fleet, time);

    /// <summary>All tenants by name.</summary>
    public async Task<IReadOnlyList<Tenant>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenants = await database.Tenants.AsNoTracking().OrderBy(t => t.Name).ToListAsync(cancellationToken);
        return [.. tenants.Select(t => t.View())];
    }

    /// <summary>One tenant; null where there is none.</summary>
    public async Task<TenantDetail?> FindAsync(Guid tenantId, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        if (await database.Tenants.FindAsync([tenantId], cancellationToken) is not { } tenant)
        {
            return null;
        }

        var vservers = await database.Assignments.Where(a => a.TenantId == tenantId).Select(a => a.VServerId).ToListAsync(cancellationToken);
        var users = await database.TenantUsers.Where(u => u.TenantId == tenantId).Select(u => u.UserId).ToListAsync(cancellationToken);
        var links = await database.SecretLinks.AsNoTracking().Where(l => l.TenantId == tenantId).OrderByDescending(l => l.CreatedAt).ToListAsync(cancellationToken);
        return new TenantDetail(tenant.View(), vservers, users, [.. links.Select(l => l.View())]);
    }

    /// <exception cref="HostProblemException">The name is empty, too long or taken.</exception>
    public async Task<Tenant> CreateAsync(string name, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = new TenantRecord { Id = Guid.NewGuid(), Name = await FreeNameAsync(database, name, null, cancellationToken), CreatedAt = _time.NowAsStored() };
        database.Tenants.Add(tenant);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "create-tenant", $"Made the tenant {tenant.Name}");
        return tenant.View();
    }

    /// <exception cref="HostProblemException">The name is empty, too long or taken, or there is no such tenant.</exception>
    public async Task RenameAsync(Guid tenantId, string name, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = await GetAsync(database, tenantId, cancellationToken);
        var before = tenant.Name;
        tenant.Name = await FreeNameAsync(database, name, tenantId, cancellationToken);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "rename-tenant", $"Renamed the tenant {before} to {tenant.Name}");
    }

    /// <summary>Removes a tenant, his links and assignments; his vservers stay as they are.</summary>
    /// <exception cref="HostProblemException">There is no such tenant.</exception>
    public async Task DeleteAsync(Guid tenantId, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = await GetAsync(database, tenantId, cancellationToken);
        database.Tenants.Remove(tenant);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "delete-tenant", $"Removed the tenant {tenant.Name}, his links and assignments");
    }

    private string? NameOf(Guid vserverId) => _fleet().All.Select(h => h.Directory.Find(vserverId)?.Name.Value).FirstOrDefault(name => name is not null);

    private static async Task<TenantRecord> GetAsync(StateDbContext database, Guid tenantId, CancellationToken cancellationToken) =>
        await database.Tenants.FindAsync([tenantId], cancellationToken) ?? throw new HostProblemException(ProblemCode.NotFound, "There is no such tenant. It may have been removed meanwhile.");

    private static async Task<string> FreeNameAsync(StateDbContext database, string name, Guid? own, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"A tenant's name is one line of 1 to {LongestName} characters.");
        }

        return await database.Tenants.AnyAsync(t => t.Name == name && t.Id != own, cancellationToken)
            ? throw new HostProblemException(ProblemCode.AlreadyExists, $"There is a tenant {name} already.")
            : name;
    }

    // the change is made: its record is not to be lost because the browser went away
    private Task RecordAsync(Caller caller, string operation, string detail) => _audit.RecordEventAsync(caller, operation, detail, cancellationToken: CancellationToken.None);
}
