using Microsoft.AspNetCore.Identity;
using VServerPanel.Core.Terminal;
using VServerPanel.Identity;

namespace VServerPanel.Terminal;

/// <summary>Ends the terminals of who is signed out, locked, disabled, or no longer has the right. It looks into the database, as <see cref="Gate"/> does.</summary>
internal sealed class TerminalGuard(IServiceScopeFactory scopes) : ITerminalGuard
{
    public async Task<string?> FindReasonToEndAsync(TerminalSession session, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<PanelUser>>();
        return await users.FindByIdAsync(session.Caller.UserId) is not { IsDisabled: false } user ? "Your account was disabled."
            : await users.IsLockedOutAsync(user) ? "Your account was locked after too many wrong passwords."
            : !Policies.Allow(Policies.Terminal, await users.GetRolesAsync(user), Rights.Of(await users.GetClaimsAsync(user))) ? "The right to open terminals was taken from you."
            : user.SecurityStamp != session.Credential ? "You were signed out, or your account was changed."
            : null;
    }
}
