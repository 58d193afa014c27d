using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Tenants;

namespace VServerPanel.Identity;

/// <summary>A user as the Users page shows it.</summary>
/// <param name="Invited">Whether the account does not exist yet: an invitation is open.</param>
public sealed record UserSummary(
    string Id,
    string UserName,
    string DisplayName,
    string Role,
    Tenant? Tenant,
    bool IsDisabled,
    bool IsLockedOut,
    bool Invited,
    bool HasTwoStep,
    bool HasTerminal,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSignInAt);

/// <summary>What an administrator does with users. Each call has its own scope: a circuit outlives any database context.</summary>
public sealed class UserAdministration(Gate gate, IServiceScopeFactory scopes, TenantService tenants, AccountAudit audit, TimeProvider clock)
{
    /// <summary>All users and open invitations, by name.</summary>
    public async Task<IReadOnlyList<UserSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        await gate.DemandAsync(Policies.Operate);
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PanelIdentityContext>();
        var now = clock.GetUtcNow();
        var roleOf = await context.UserRoles
            .Join(context.Roles, r => r.RoleId, r => r.Id, (user, role) => new { user.UserId, role.Name })
            .ToDictionaryAsync(r => r.UserId, r => r.Name!, cancellationToken);
        var users = await context.Users.AsNoTracking().ToListAsync(cancellationToken);
        var withTerminal = await context.UserClaims.Where(c => c.ClaimType == Rights.ClaimType && c.ClaimValue == Rights.Terminal).Select(c => c.UserId).ToHashSetAsync(cancellationToken);
        var invitations = await context.OneTimeLinks.AsNoTracking()
            .Where(l => l.Kind == OneTimeLinkKind.Invitation && l.UsedAt == null && l.ExpiresAt > now)
            .ToListAsync(cancellationToken);
        var tenantOf = await TenantsOfUsersAsync(cancellationToken);
        var tenantById = (await tenants.ListAsync(cancellationToken)).ToDictionary(t => t.Id);
        return
        [
            .. users
                .Select(u => new UserSummary(u.Id, u.UserName!, u.DisplayName, roleOf.GetValueOrDefault(u.Id, ""), tenantOf.GetValueOrDefault(u.Id), u.IsDisabled, u.LockoutEnd > now, false, u.TwoFactorEnabled, withTerminal.Contains(u.Id), u.CreatedAt, u.LastSignInAt))
                .Concat(invitations.Select(l => new UserSummary($"link-{l.Id}", l.UserName!, "", l.Role!, l.TenantId is { } tenant ? tenantById.GetValueOrDefault(tenant) : null, false, false, true, false, false, l.CreatedAt, null)))
                .OrderBy(u => u.UserName, StringComparer.OrdinalIgnoreCase),
        ];
    }

    /// <summary>Invites someone; returns the token of the link, which is shown once.</summary>
    /// <exception cref="AccountRefusedException">The name is taken, or the role wants a tenant.</exception>
    public async Task<string> InviteAsync(string userName, string role, Guid? tenantId)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        if (!Roles.All.Contains(role))
        {
            throw new AccountRefusedException($"There is no role '{role}'.");
        }

        if ((role == Roles.Tenant) != tenantId is not null)
        {
            throw new AccountRefusedException("A user in the role Tenant belongs to a tenant, and no other user does.");
        }

        if (userName.Length is 0 or > 64 || userName.Any(c => !users.Options.User.AllowedUserNameCharacters.Contains(c, StringComparison.Ordinal)))
        {
            throw new AccountRefusedException("A user name has 1 to 64 letters, digits, '.', '_', '-', '+' or '@'.");
        }

        if (await users.FindByNameAsync(userName) is not null)
        {
            throw new AccountRefusedException($"There is a user '{userName}' already. Choose another name.");
        }

        var token = await scope.ServiceProvider.GetRequiredService<OneTimeLinkService>().CreateAsync(OneTimeLinkKind.Invitation, caller.UserName, userName, role, tenantId);
        await audit.RecordAsync(AccountAudit.LinkMade, caller.UserName, caller.RemoteAddress, $"Invited {userName} as {role}.");
        return token;
    }

    /// <summary>Makes a link by which a user sets a new password.</summary>
    public async Task<string> MakePasswordLinkAsync(string userId)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var user = await FindAsync(scope, userId);
        var token = await scope.ServiceProvider.GetRequiredService<OneTimeLinkService>().CreateAsync(OneTimeLinkKind.NewPassword, caller.UserName, user.UserName);
        await audit.RecordAsync(AccountAudit.LinkMade, caller.UserName, caller.RemoteAddress, $"Made a link for {user.UserName} to set a new password.");
        return token;
    }

    /// <summary>Takes back an invitation that nobody has used.</summary>
    public async Task WithdrawInvitationAsync(string id)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var number = long.Parse(id.AsSpan("link-".Length), System.Globalization.CultureInfo.InvariantCulture);
        var context = scope.ServiceProvider.GetRequiredService<PanelIdentityContext>();
        var name = await context.OneTimeLinks.Where(l => l.Id == number).Select(l => l.UserName).SingleOrDefaultAsync();
        await context.OneTimeLinks.Where(l => l.Id == number && l.UsedAt == null).ExecuteDeleteAsync();
        await audit.RecordAsync(AccountAudit.LinkMade, caller.UserName, caller.RemoteAddress, $"Took back the invitation of {name}.");
    }

    /// <summary>Gives a user another role; his sessions end, so that it counts at once.</summary>
    /// <exception cref="AccountRefusedException">It would leave no administrator.</exception>
    public async Task SetRoleAsync(string userId, string role, Guid? tenantId)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = await FindAsync(scope, userId);
        if ((role == Roles.Tenant) != tenantId is not null)
        {
            throw new AccountRefusedException("A user in the role Tenant belongs to a tenant, and no other user does.");
        }

        if (role != Roles.Administrator)
        {
            await RefuseIfLastAdministratorAsync(users, user);
        }

        var context = scope.ServiceProvider.GetRequiredService<PanelIdentityContext>();
        await using var transaction = await context.Database.BeginTransactionAsync();
        Demand(await users.RemoveFromRolesAsync(user, await users.GetRolesAsync(user)));
        Demand(await users.AddToRoleAsync(user, role));
        Demand(await users.RemoveClaimsAsync(user, (await users.GetClaimsAsync(user)).Where(c => c.Type == Rights.ClaimType)));
        Demand(await users.UpdateSecurityStampAsync(user));
        await transaction.CommitAsync();
        if (tenantId is { } tenant)
        {
            await tenants.AddUserAsync(tenant, user.Id, user.UserName!, caller);
        }
        else
        {
            await tenants.RemoveUserAsync(user.Id, user.UserName!, caller);
        }

        await audit.RecordAsync(AccountAudit.RoleChanged, caller.UserName, caller.RemoteAddress, $"Gave {user.UserName} the role {role}.");
    }

    /// <summary>Gives an operator the right to open terminals, or takes it; his sessions end, so that it counts at once.</summary>
    /// <exception cref="AccountRefusedException">He is no operator.</exception>
    public async Task SetTerminalAsync(string userId, bool allowed)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = await FindAsync(scope, userId);
        if (!await users.IsInRoleAsync(user, Roles.Operator))
        {
            throw new AccountRefusedException($"{user.UserName} is no operator. Administrators may open terminals anyway, and nobody else may.");
        }

        Demand(await users.RemoveClaimsAsync(user, (await users.GetClaimsAsync(user)).Where(c => c is { Type: Rights.ClaimType, Value: Rights.Terminal })));
        if (allowed)
        {
            Demand(await users.AddClaimAsync(user, new Claim(Rights.ClaimType, Rights.Terminal)));
        }

        Demand(await users.UpdateSecurityStampAsync(user));
        await audit.RecordAsync(AccountAudit.RightChanged, caller.UserName, caller.RemoteAddress, allowed ? $"Gave {user.UserName} the right to open terminals." : $"Took the right to open terminals from {user.UserName}.");
    }

    /// <summary>Takes the second step from a user who has lost his authenticator; his sessions end.</summary>
    public async Task SwitchTwoStepOffAsync(string userId)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = await FindAsync(scope, userId);
        Demand(await users.SetTwoFactorEnabledAsync(user, false));
        Demand(await users.ResetAuthenticatorKeyAsync(user));
        await audit.RecordAsync(AccountAudit.TwoStepOff, caller.UserName, caller.RemoteAddress, $"Took the second step of signing in from {user.UserName}.");
    }

    /// <summary>Disables or enables an account; disabling ends its sessions.</summary>
    /// <exception cref="AccountRefusedException">It would leave no administrator.</exception>
    public async Task SetDisabledAsync(string userId, bool disabled)
    {
        var caller = await gate.DemandAsync(Policies.Administer);
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var user = await FindAsync(scope, userId);
        if (disabled)
        {
            await RefuseIfLastAdministratorAsync(users, user);
        }

        user.IsDisabled = disabled;
        Demand(await users.UpdateAsync(user));
        Demand(await users.UpdateSecurityStampAsync(user));
        await audit.RecordAsync(disabled ? AccountAudit.Disabled : AccountAudit.Enabled, caller.UserName, caller.RemoteAddress, $"{(disabled ? "Disabled" : "Enabled")} the account {user.UserName}.");
    }

    private async Task<Dictionary<string, Tenant>> TenantsOfUsersAsync(CancellationToken cancellationToken)
    {
        var result = new Dictionary<string, Tenant>(StringComparer.Ordinal);
        foreach (var tenant in await tenants.ListAsync(cancellationToken))
        {
            foreach (var userId in (await tenants.FindAsync(tenant.Id, cancellationToken))?.UserIds ?? [])
            {
                result[userId] = tenant;
            }
        }

        return result;
    }

    private static async Task<PanelUser> FindAsync(AsyncServiceScope scope, string userId) =>
        await scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>().FindByIdAsync(userId)
            ?? throw new AccountRefusedException("That user is gone. Reload the page.");

    private static async Task RefuseIfLastAdministratorAsync(UserManager<PanelUser> users, PanelUser user)
    {
        var administrators = (await users.GetUsersInRoleAsync(Roles.Administrator)).Where(u => !u.IsDisabled).ToList();
        if (administrators.Count == 1 && administrators[0].Id == user.Id)
        {
            throw new AccountRefusedException($"{user.UserName} is the only administrator. Make another one first.");
        }
    }

    private static void Demand(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new AccountRefusedException(AccountService.Describe(result));
        }
    }
}

/// <summary>What was asked for an account cannot be done; the message says why and what to do.</summary>
public sealed class AccountRefusedException(string message) : Exception(message);
