using Microsoft.AspNetCore.Identity;

namespace VServerPanel.Identity;

/// <summary>One's own second step of signing in: codes of an authenticator (RFC 6238).</summary>
public sealed class TwoStepService(UserManager<PanelUser> users, SignInManager<PanelUser> signIn, AccountAudit audit)
{
    private const int RecoveryCodes = 8;

    /// <summary>The secret to be put into the authenticator, made when it is first asked for.</summary>
    public async Task<string> KeyAsync(PanelUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (await users.GetAuthenticatorKeyAsync(user) is { Length: > 0 } key)
        {
            return key;
        }

        await users.ResetAuthenticatorKeyAsync(user);

        // The new stamp would end this very session at the next request.
        await signIn.RefreshSignInAsync(user);
        return (await users.GetAuthenticatorKeyAsync(user))!;
    }

    /// <summary>The secret as the address that authenticators read from a QR code.</summary>
    public static string Address(PanelUser user, string key)
    {
        ArgumentNullException.ThrowIfNull(user);
        return $"otpauth://totp/VServerPanel:{Uri.EscapeDataString(user.UserName!)}?secret={key}&issuer=VServerPanel&digits=6";
    }

    /// <summary>Switches it on if the code shows that the authenticator has the secret; returns the recovery codes, else null.</summary>
    public async Task<IReadOnlyList<string>?> SwitchOnAsync(PanelUser user, string code, string? address)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (!await IsRightAsync(user, code))
        {
            return null;
        }

        await users.SetTwoFactorEnabledAsync(user, true);
        var codes = (await users.GenerateNewTwoFactorRecoveryCodesAsync(user, RecoveryCodes))!.ToList();
        await signIn.RefreshSignInAsync(user);
        await audit.RecordAsync(AccountAudit.TwoStepOn, user.UserName!, address, "Switched the second step of signing in on.");
        return codes;
    }

    /// <summary>Switches it off if the code is right, and forgets the secret.</summary>
    public async Task<bool> SwitchOffAsync(PanelUser user, string code, string? address)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (!await IsRightAsync(user, code))
        {
            return false;
        }

        await users.SetTwoFactorEnabledAsync(user, false);
        await users.ResetAuthenticatorKeyAsync(user);
        await signIn.RefreshSignInAsync(user);
        await audit.RecordAsync(AccountAudit.TwoStepOff, user.UserName!, address, "Switched the second step of signing in off.");
        return true;
    }

    private Task<bool> IsRightAsync(PanelUser user, string code) =>
        users.VerifyTwoFactorTokenAsync(user, users.Options.Tokens.AuthenticatorTokenProvider, new string([.. code.Where(char.IsAsciiDigit)]));
}
