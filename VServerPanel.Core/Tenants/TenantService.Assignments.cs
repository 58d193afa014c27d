using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

public sealed partial class TenantService
{
    /// <summary>Gives a vserver to a tenant, and takes it from the one who had it.</summary>
    /// <exception cref="HostProblemException">No such tenant or vserver.</exception>
    public async Task AssignAsync(Guid tenantId, Guid vserverId, Caller caller, CancellationToken cancellationToken = default)
    {
        var name = NameOf(vserverId) ?? throw new HostProblemException(ProblemCode.NotFound, "There is no such vserver. It may have been deleted meanwhile.");
        await AssignAsync(tenantId, vserverId, name, caller, cancellationToken);
    }

    /// <summary>Takes a vserver from its tenant.</summary>
    public async Task UnassignAsync(Guid vserverId, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        if (await database.Assignments.FindAsync([vserverId], cancellationToken) is not { } assignment)
        {
            return;
        }

        var tenant = await GetAsync(database, assignment.TenantId, cancellationToken);
        database.Assignments.Remove(assignment);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "unassign", $"Took the vserver {NameOf(vserverId) ?? vserverId.ToString("D")} from the tenant {tenant.Name}");
    }

    /// <summary>The tenant of a vserver; null where it has none.</summary>
    public async Task<Tenant?> OfVServerAsync(Guid vserverId, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var assigned = database.Assignments.Where(a => a.VServerId == vserverId).Select(a => a.TenantId);
        return (await database.Tenants.AsNoTracking().SingleOrDefaultAsync(t => assigned.Contains(t.Id), cancellationToken))?.View();
    }

    /// <summary>The tenant of each vserver that has one, by stable id.</summary>
    public async Task<IReadOnlyDictionary<Guid, Tenant>> AssignmentsAsync(CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenants = await database.Tenants.AsNoTracking().ToDictionaryAsync(t => t.Id, t => t.View(), cancellationToken);
        var assignments = await database.Assignments.AsNoTracking().ToListAsync(cancellationToken);
        return assignments.Where(a => tenants.ContainsKey(a.TenantId)).ToDictionary(a => a.VServerId, a => tenants[a.TenantId]);
    }

    /// <summary>Lets an account see a tenant's status page, and no longer another's.</summary>
    /// <exception cref="HostProblemException">There is no such tenant.</exception>
    public async Task AddUserAsync(Guid tenantId, string userId, string userName, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = await GetAsync(database, tenantId, cancellationToken);
        if (await database.TenantUsers.FindAsync([userId], cancellationToken) is { } user)
        {
            user.TenantId = tenantId;
        }
        else
        {
            database.TenantUsers.Add(new TenantUserRecord { UserId = userId, TenantId = tenantId });
        }

        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "add-tenant-user", $"Let {userName} see the status page of the tenant {tenant.Name}");
    }

    /// <summary>Lets an account see no tenant's status page any longer.</summary>
    public async Task RemoveUserAsync(string userId, string userName, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        if (await database.TenantUsers.FindAsync([userId], cancellationToken) is not { } user)
        {
            return;
        }

        var tenant = await GetAsync(database, user.TenantId, cancellationToken);
        database.TenantUsers.Remove(user);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "remove-tenant-user", $"No longer lets {userName} see the status page of the tenant {tenant.Name}");
    }

    /// <summary>The tenant whom an account belongs to; null where there is none.</summary>
    public async Task<Tenant?> OfUserAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var assigned = database.TenantUsers.Where(u => u.UserId == userId).Select(u => u.TenantId);
        return (await database.Tenants.AsNoTracking().SingleOrDefaultAsync(t => assigned.Contains(t.Id), cancellationToken))?.View();
    }

    internal async Task AssignAsync(Guid tenantId, Guid vserverId, string vserver, Caller caller, CancellationToken cancellationToken)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = await GetAsync(database, tenantId, cancellationToken);
        if (await database.Assignments.FindAsync([vserverId], cancellationToken) is not { } assignment)
        {
            database.Assignments.Add(new AssignmentRecord { VServerId = vserverId, TenantId = tenantId });
        }
        else if (assignment.TenantId == tenantId)
        {
            return;
        }
        else
        {
            assignment.TenantId = tenantId;
        }

        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "assign", $"Gave the vserver {vserver} to the tenant {tenant.Name}");
    }
}
