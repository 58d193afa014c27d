namespace VServerPanel.Identity;

/// <summary>How something that was asked for an account ended.</summary>
/// <param name="Message">Null where it worked; else what happened and what to do.</param>
/// <param name="User">The account it is about, where it worked.</param>
/// <param name="NeedsCode">The password was right, and a code of the second step is to follow.</param>
public sealed record AccountOutcome(string? Message, PanelUser? User = null, bool NeedsCode = false)
{
    public bool Succeeded => Message is null && !NeedsCode;

    public static AccountOutcome Success(PanelUser user) => new(null, user);

    public static AccountOutcome Refused(string message) => new(message);
}
