using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;
using VServerPanel.Core;
using VServerPanel.Core.Tenants;

namespace VServerPanel.Identity;

/// <summary>Signing in, one's own password, and spending one-time links.</summary>
public sealed class AccountService(
    PanelIdentityContext context,
    UserManager<PanelUser> users,
    SignInManager<PanelUser> signIn,
    OneTimeLinkService links,
    TenantService tenants,
    AccountAudit audit,
    RefusalPace pace,
    TimeProvider clock)
{
    // One text for whoever is refused, since a stranger could ask who has an account: unknown, wrong, disabled and locked are not told apart.
    private static readonly CompositeFormat s_wrongCredentials = CompositeFormat.Parse(
        "That user name and password do not go together, or the account is locked. Check both, mind capital letters, and try again. "
        + "If this account exists and had too many wrong attempts, it is locked for {0} minutes, for the right password too: wait, or ask an administrator for a link to set a new one.");

    private const int CodeDigits = 6;
    private const string DeadLink = "This link has been used, has expired, or never was one. Ask for a new one.";

    // Checked in place of the password of a user who does not exist, so that the answer takes as long as for one who does.
    private static readonly string s_nobodysHash = new PasswordHasher<PanelUser>().HashPassword(new PanelUser(), Guid.NewGuid().ToString("N"));

    /// <summary>Signs in with a password and sets the cookie.</summary>
    public async Task<AccountOutcome> SignInAsync(string userName, string password, bool remember, string? address)
    {
        var began = clock.GetTimestamp();
        var (outcome, user) = await TryPasswordAsync(userName, password, remember, address);
        if (outcome is { Succeeded: false, NeedsCode: false })
        {
            await pace.HoldAsync(began);
        }

        return outcome.Succeeded && user is not null ? await SignedInAsync(user, address) : outcome;
    }

    private async Task<(AccountOutcome Outcome, PanelUser? User)> TryPasswordAsync(string userName, string password, bool remember, string? address)
    {
        var user = await users.FindByNameAsync(userName);
        if (user is null || user.IsDisabled || await users.IsLockedOutAsync(user))
        {
            users.PasswordHasher.VerifyHashedPassword(new PanelUser(), s_nobodysHash, password);
            var isLocked = user is { IsDisabled: false };
            await audit.RecordAsync(isLocked ? AccountAudit.LockedOut : AccountAudit.SignInFailed, userName, address, user is null ? "No such user." : isLocked ? "The account is locked." : "The account is disabled.", succeeded: false);
            return (AccountOutcome.Refused(WrongPassword), null);
        }

        var result = await signIn.PasswordSignInAsync(user, password, remember, lockoutOnFailure: true);
        if (result.Succeeded)
        {
            return (AccountOutcome.Success(user), user);
        }

        return result.RequiresTwoFactor
            ? (new AccountOutcome(null, user, NeedsCode: true), user)
            : (await RefusedAsync(user, result, address, "Wrong password.", WrongPassword, WrongPassword), null);
    }

    /// <summary>The second step: a code of the user's authenticator, or one of his recovery codes.</summary>
    public async Task<AccountOutcome> SignInWithCodeAsync(string code, bool remember, string? address)
    {
        var user = await signIn.GetTwoFactorAuthenticationUserAsync();
        if (user is null || user.IsDisabled)
        {
            return AccountOutcome.Refused("Your first step is too long ago. Begin again with your password.");
        }

        var clean = new string([.. code.Where(c => !char.IsWhiteSpace(c))]);
        var result = clean.Length == CodeDigits && clean.All(char.IsAsciiDigit)
            ? await signIn.TwoFactorAuthenticatorSignInAsync(clean, remember, rememberClient: false)
            : await signIn.TwoFactorRecoveryCodeSignInAsync(clean);
        return result.Succeeded
            ? await SignedInAsync(user, address)
            : await RefusedAsync(
                user,
                result,
                address,
                "Wrong code of the second step.",
                "That code is not right, or its half minute is over. Use the one that the authenticator shows now, or a recovery code that you have not used.",
                $"Too many wrong attempts: this account is locked for {LockMinutes} minutes. Wait, or ask an administrator for a link to set a new password.");
    }

    /// <summary>Signs out.</summary>
    public async Task SignOutAsync(string userName, string? address)
    {
        await signIn.SignOutAsync();
        await audit.RecordAsync(AccountAudit.SignedOut, userName, address, "Signed out.");
    }

    /// <summary>Changes one's own password; the user's other sessions end.</summary>
    public async Task<AccountOutcome> ChangePasswordAsync(PanelUser user, string current, string replacement, string? address)
    {
        ArgumentNullException.ThrowIfNull(user);
        var result = await users.ChangePasswordAsync(user, current, replacement);
        await audit.RecordAsync(AccountAudit.PasswordChanged, user.UserName!, address, result.Succeeded ? "Changed the own password." : "Could not change the own password.", result.Succeeded);
        if (!result.Succeeded)
        {
            return AccountOutcome.Refused(Describe(result));
        }

        await signIn.RefreshSignInAsync(user);
        return AccountOutcome.Success(user);
    }

    /// <summary>Does what a one-time link is good for, and signs the user in.</summary>
    /// <param name="link">From <see cref="OneTimeLinkService.FindOpenAsync"/>.</param>
    /// <param name="userName">The name the user chose; looked at for the first administrator only.</param>
    /// <param name="displayName">The user's name for people; not looked at where the account exists.</param>
    /// <param name="password">The new password.</param>
    /// <param name="address">Where the user is.</param>
    public async Task<AccountOutcome> RedeemAsync(OneTimeLink link, string userName, string displayName, string password, string? address)
    {
        ArgumentNullException.ThrowIfNull(link);
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await links.SpendAsync(link))
        {
            return AccountOutcome.Refused(DeadLink);
        }

        var (user, result) = link.Kind == OneTimeLinkKind.NewPassword
            ? await SetPasswordAsync(link.UserName!, password)
            : await CreateAsync(link, userName, displayName, password);
        if (user is null || !result.Succeeded)
        {
            await transaction.RollbackAsync();
            return AccountOutcome.Refused(user is null ? DeadLink : Describe(result));
        }

        await transaction.CommitAsync();
        if (link is { Kind: OneTimeLinkKind.Invitation, TenantId: { } tenantId })
        {
            await tenants.AddUserAsync(tenantId, user.Id, user.UserName!, new Caller(user.Id, user.UserName!, address));
        }

        await audit.RecordAsync(
            link.Kind == OneTimeLinkKind.NewPassword ? AccountAudit.PasswordChanged : AccountAudit.AccountMade,
            user.UserName!,
            address,
            link.Kind == OneTimeLinkKind.NewPassword ? "Set a new password by a one-time link." : $"Made the account by a one-time link of {link.CreatedBy}; role {link.Role ?? Roles.Administrator}.");
        await signIn.SignInAsync(user, isPersistent: false);
        return AccountOutcome.Success(user);
    }

    /// <summary>Whether there is somebody who could make everything else.</summary>
    public async Task<bool> HasAdministratorAsync() => (await users.GetUsersInRoleAsync(Roles.Administrator)).Any(u => !u.IsDisabled);

    /// <summary>The sentences of an <see cref="IdentityResult"/>.</summary>
    internal static string Describe(IdentityResult result) => string.Join(" ", result.Errors.Select(e => e.Description));

    private string LockMinutes => users.Options.Lockout.DefaultLockoutTimeSpan.TotalMinutes.ToString("0", CultureInfo.InvariantCulture);

    private string WrongPassword => string.Format(CultureInfo.InvariantCulture, s_wrongCredentials, LockMinutes);

    private async Task<AccountOutcome> SignedInAsync(PanelUser user, string? address)
    {
        user.LastSignInAt = clock.GetUtcNow();
        await users.UpdateAsync(user);
        await audit.RecordAsync(AccountAudit.SignedIn, user.UserName!, address, "Signed in.");
        return AccountOutcome.Success(user);
    }

    private async Task<AccountOutcome> RefusedAsync(PanelUser user, SignInResult result, string? address, string onRecord, string message, string messageWhereLocked)
    {
        await audit.RecordAsync(AccountAudit.SignInFailed, user.UserName!, address, onRecord, succeeded: false);
        if (!result.IsLockedOut)
        {
            return AccountOutcome.Refused(message);
        }

        await audit.RecordAsync(AccountAudit.LockedOut, user.UserName!, address, $"Too many wrong attempts; the account is locked for {LockMinutes} minutes.", succeeded: false);
        return AccountOutcome.Refused(messageWhereLocked);
    }

    private async Task<(PanelUser? User, IdentityResult Result)> CreateAsync(OneTimeLink link, string userName, string displayName, string password)
    {
        if (link.Kind == OneTimeLinkKind.FirstAdministrator && await HasAdministratorAsync())
        {
            return (null, IdentityResult.Failed());
        }

        var user = new PanelUser
        {
            UserName = link.UserName ?? userName,
            DisplayName = displayName,
            CreatedAt = clock.GetUtcNow(),
            LastSignInAt = clock.GetUtcNow(),
        };
        var result = await users.CreateAsync(user, password);
        if (result.Succeeded)
        {
            result = await users.AddToRoleAsync(user, link.Role ?? Roles.Administrator);
        }

        return (user, result);
    }

    private async Task<(PanelUser? User, IdentityResult Result)> SetPasswordAsync(string userName, string password)
    {
        var user = await users.FindByNameAsync(userName);
        if (user is null || user.IsDisabled)
        {
            return (null, IdentityResult.Failed());
        }

        var result = await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password);
        if (result.Succeeded)
        {
            await users.SetLockoutEndDateAsync(user, null);
            await users.ResetAccessFailedCountAsync(user);
        }

        return (user, result);
    }
}
