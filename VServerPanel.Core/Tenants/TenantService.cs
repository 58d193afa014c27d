namespace VServerPanel.Core.Tenants;

/// <summary>Tenants, their vservers, their accounts and their links. Every change is recorded in the audit history.</summary>
public sealed class TenantService
{
    /// <summary>All tenants by name.</summary>
    public Task<IReadOnlyList<Tenant>> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>One tenant; null where there is none.</summary>
    public Task<TenantDetail?> FindAsync(Guid tenantId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <exception cref="Hosts.HostProblemException">The name is empty, too long or taken.</exception>
    public Task<Tenant> CreateAsync(string name, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <exception cref="Hosts.HostProblemException">The name is empty, too long or taken, or there is no such tenant.</exception>
    public Task RenameAsync(Guid tenantId, string name, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Removes a tenant, his links and assignments; his vservers stay as they are.</summary>
    public Task DeleteAsync(Guid tenantId, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Gives a vserver to a tenant, and takes it from the one who had it.</summary>
    /// <exception cref="Hosts.HostProblemException">No such tenant or vserver.</exception>
    public Task AssignAsync(Guid tenantId, Guid vserverId, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Takes a vserver from its tenant.</summary>
    public Task UnassignAsync(Guid vserverId, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The tenant of a vserver; null where it has none.</summary>
    public Task<Tenant?> OfVServerAsync(Guid vserverId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The tenant of each vserver that has one, by stable id.</summary>
    public Task<IReadOnlyDictionary<Guid, Tenant>> AssignmentsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Lets an account see a tenant's status page, and no longer another's.</summary>
    public Task AddUserAsync(Guid tenantId, string userId, string userName, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task RemoveUserAsync(string userId, string userName, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The tenant whom an account belongs to; null where there is none.</summary>
    public Task<Tenant?> OfUserAsync(string userId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Makes a link; its token is in the answer and nowhere else.</summary>
    /// <param name="lifetime">At most 366 days.</param>
    public Task<NewSecretLink> CreateLinkAsync(Guid tenantId, string label, TimeSpan lifetime, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task RevokeLinkAsync(Guid linkId, Caller caller, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The tenant whose page a token opens; null where it opens none: unknown, expired and revoked are not told apart.</summary>
    public Task<Tenant?> RedeemAsync(string token, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
