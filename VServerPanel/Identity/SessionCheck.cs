using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;

namespace VServerPanel.Identity;

/// <summary>Whether a cookie still stands for an account that may be used.</summary>
public sealed class SessionCheck(UserManager<PanelUser> users)
{
    /// <summary>The account, unless it is gone, disabled, or its password or role has changed since the cookie was made.</summary>
    public async Task<PanelUser?> FindUserAsync(ClaimsPrincipal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        var user = await users.GetUserAsync(principal);
        var stamp = principal.FindFirstValue(users.Options.ClaimsIdentity.SecurityStampClaimType);
        return user is not null && !user.IsDisabled && string.Equals(stamp, user.SecurityStamp, StringComparison.Ordinal) ? user : null;
    }

    /// <summary>For the cookie handler: looks at every request, so that a disabled account is out at once.</summary>
    internal static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var check = context.HttpContext.RequestServices.GetRequiredService<SessionCheck>();
        if (context.Principal is null || await check.FindUserAsync(context.Principal) is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
        }
    }
}

/// <summary>Ends the session of a page that stays open, when its account is disabled or changed.</summary>
internal sealed class CircuitSessionCheck(ILoggerFactory loggers, IServiceScopeFactory scopes) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(30);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<SessionCheck>().FindUserAsync(authenticationState.User) is not null;
    }
}
