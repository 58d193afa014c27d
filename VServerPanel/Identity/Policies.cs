namespace VServerPanel.Identity;

/// <summary>What may be done, and by which roles. Pages, endpoints and <see cref="Gate"/> all ask here.</summary>
public static class Policies
{
    /// <summary>See vservers, jobs and the host. Also what every address needs that names no policy of its own.</summary>
    public const string Read = nameof(Read);

    /// <summary>Change vservers and tenants.</summary>
    public const string Operate = nameof(Operate);

    /// <summary>Read and export the audit history.</summary>
    public const string Audit = nameof(Audit);

    /// <summary>Manage users.</summary>
    public const string Administer = nameof(Administer);

    /// <summary>See the own status page.</summary>
    public const string OwnStatus = nameof(OwnStatus);

    /// <summary>Any signed-in user: the own account.</summary>
    public const string Account = nameof(Account);

    private static readonly Dictionary<string, string[]> s_roles = new(StringComparer.Ordinal)
    {
        [Read] = [Roles.Administrator, Roles.Operator, Roles.Auditor],
        [Operate] = [Roles.Administrator, Roles.Operator],
        [Audit] = [Roles.Administrator, Roles.Auditor],
        [Administer] = [Roles.Administrator],
        [OwnStatus] = [Roles.Tenant],
        [Account] = [.. Roles.All],
    };

    public static IReadOnlyCollection<string> All => s_roles.Keys;

    /// <summary>Which roles <paramref name="policy"/> lets through.</summary>
    public static IReadOnlyList<string> RolesOf(string policy) => s_roles[policy];

    /// <summary>Registers all of them; <see cref="Read"/> is the fallback, so that an address nobody thought of is not open.</summary>
    public static void Register(Microsoft.AspNetCore.Authorization.AuthorizationOptions options)
    {
        foreach (var (policy, roles) in s_roles)
        {
            options.AddPolicy(policy, p => p.RequireAuthenticatedUser().RequireRole(roles));
        }

        options.FallbackPolicy = options.GetPolicy(Read);
        options.DefaultPolicy = options.GetPolicy(Account)!;
    }
}
