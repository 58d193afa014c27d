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
    public async Task<Caller> DemandAsync(string policy)
    {
        var principal = (await authentication.GetAuthenticationStateAsync()).User;
        await using var scope = scopes.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindUserAsync(principal)
            ?? throw new NotAllowedException("Your session has ended. Sign in again.");
        var roles = await scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>().GetRolesAsync(user);
        if (!roles.Any(Policies.RolesOf(policy).Contains))
        {
            throw new NotAllowedException($"Your role ({string.Join(", ", roles)}) does not allow this; it takes {string.Join(" or ", Policies.RolesOf(policy))}. Ask an administrator.");
        }

        return new Caller(user.Id, user.UserName!, address.Value);
    }
}

/// <summary>The user may not do this; the message says what it takes.</summary>
public sealed class NotAllowedException(string message) : Exception(message);
