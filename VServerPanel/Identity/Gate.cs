using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using VServerPanel.Core;
using VServerPanel.Security;

namespace VServerPanel.Identity;

/// <summary>Asked before each service call: may this user do that, now? It looks into the database, not at what the cookie said when
/// the page was opened, so that a role taken away counts at the next click.</summary>
public sealed class Gate(AuthenticationStateProvider authentication, IServiceScopeFactory scopes, ClientAddress address)
{
    /// <summary>Whether <paramref name="policy"/> lets him: for what a page shows. What it does is asked for by <see cref="DemandAsync"/>.</summary>
    public async Task<bool> AllowsAsync(string policy)
    {
        try
        {
            await DemandAsync(policy);
            return true;
        }
        catch (NotAllowedException)
        {
            return false;
        }
    }

    /// <summary>Who asks, if <paramref name="policy"/> lets him.</summary>
    /// <exception cref="NotAllowedException">It does not.</exception>
    public async Task<Caller> DemandAsync(string policy) => (await DemandWithStampAsync(policy)).Caller;

    /// <summary>The same, with what changes when the user's sign-in ends everywhere: for what goes on without a page.</summary>
    /// <exception cref="NotAllowedException">It does not.</exception>
    public async Task<(Caller Caller, string Stamp)> DemandWithStampAsync(string policy)
    {
        var principal = (await authentication.GetAuthenticationStateAsync()).User;
        await using var scope = scopes.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindUserAsync(principal)
            ?? throw new NotAllowedException("Your session has ended. Sign in again.");
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        var roles = await users.GetRolesAsync(user);
        if (!Policies.Allow(policy, roles, Rights.Of(await users.GetClaimsAsync(user))))
        {
            throw roles.Any(Policies.RolesOf(policy).Contains)
                ? new NotAllowedException("This takes a right that your account does not have. An administrator can give it to you on the Users page.")
                : new NotAllowedException($"Your role ({string.Join(", ", roles)}) does not allow this; it takes {string.Join(" or ", Policies.RolesOf(policy))}. Ask an administrator.");
        }

        return (new Caller(user.Id, user.UserName!, address.Value), user.SecurityStamp ?? "");
    }
}

/// <summary>The user may not do this; the message says what it takes.</summary>
public sealed class NotAllowedException(string message) : Exception(message);
