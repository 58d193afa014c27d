namespace VServerPanel.Identity;

/// <summary>What may be done, and by which roles. Pages, endpoints and <see cref="Gate"/> all ask here.</summary>
public static class Policies
{
    /// <summary>See vservers, jobs and the host. Also what every address needs that names no policy of its own.</summary>
    public const string Read = nameof(Read);

    /// <summary>Change vservers and tenants.</summary>
    public const string Operate = nameof(Operate);

    /// <summary>Open a shell in a vserver: administrators, and operators who were given the right (<see cref="Rights.Terminal"/>).</summary>
    public const string Terminal = nameof(Terminal);

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
        [Terminal] = [Roles.Administrator, Roles.Operator],
        [Audit] = [Roles.Administrator, Roles.Auditor],
        [Administer] = [Roles.Administrator],
        [OwnStatus] = [Roles.Tenant],
        [Account] = [.. Roles.All],
    };

    // What these roles need beside their role. Not asked of administrators, who could give it to themselves.
    private static readonly Dictionary<string, string> s_rights = new(StringComparer.Ordinal) { [Terminal] = Rights.Terminal };

    public static IReadOnlyCollection<string> All => s_roles.Keys;

    /// <summary>Which roles <paramref name="policy"/> lets through.</summary>
    public static IReadOnlyList<string> RolesOf(string policy) => s_roles[policy];

    /// <summary>Whether <paramref name="policy"/> lets someone with these roles and rights through.</summary>
    public static bool Allow(string policy, IEnumerable<string> roles, IEnumerable<string> rights)
    {
        var through = roles.Where(RolesOf(policy).Contains).ToList();
        return through.Contains(Roles.Administrator) || (through.Count > 0 && (!s_rights.TryGetValue(policy, out var right) || rights.Contains(right)));
    }

    /// <summary>Registers all of them; <see cref="Read"/> is the fallback, so that an address nobody thought of is not open.</summary>
    public static void Register(Microsoft.AspNetCore.Authorization.AuthorizationOptions options)
    {
        foreach (var (policy, roles) in s_roles)
        {
            options.AddPolicy(policy, p => p.RequireAuthenticatedUser().RequireRole(roles).RequireAssertion(context => Allow(policy, Roles.All.Where(context.User.IsInRole), Rights.Of(context.User.Claims))));
        }

        options.FallbackPolicy = options.GetPolicy(Read);
        options.DefaultPolicy = options.GetPolicy(Account)!;
    }
}
