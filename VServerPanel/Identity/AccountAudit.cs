using VServerPanel.Core;
using VServerPanel.Core.Auditing;
using VServerPanel.Protocol;

namespace VServerPanel.Identity;

/// <summary>Puts what happens to accounts on record. Passwords and tokens never reach it.</summary>
public sealed class AccountAudit(AuditService history)
{
    public const string SignedIn = "sign-in";
    public const string SignInFailed = "sign-in-failed";
    public const string LockedOut = "locked-out";
    public const string SignedOut = "sign-out";
    public const string PasswordChanged = "password-change";
    public const string TwoStepOn = "two-step-on";
    public const string TwoStepOff = "two-step-off";
    public const string LinkMade = "one-time-link";
    public const string AccountMade = "account-create";
    public const string RoleChanged = "role-change";
    public const string RightChanged = "right-change";
    public const string Disabled = "account-disable";
    public const string Enabled = "account-enable";

    private const int LongestUserName = 64;

    /// <summary>Records one event. <paramref name="userName"/> may be what a stranger typed: it is cut and cleaned.</summary>
    public Task RecordAsync(string what, string userName, string? address, string detail, bool succeeded = true)
    {
        var clean = new string([.. userName.Take(LongestUserName).Select(c => char.IsControl(c) ? '\uFFFD' : c)]);
        return history.RecordEventAsync(new Caller("", clean, address), what, detail, succeeded ? OperationOutcome.Succeeded : OperationOutcome.Failed);
    }
}
