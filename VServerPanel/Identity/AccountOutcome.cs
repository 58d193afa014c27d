namespace VServerPanel.Identity;

/// <summary>How something that was asked for an account ended.</summary>
/// <param name="Message">Null where it worked; else what happened and what to do.</param>
/// <param name="User">The account it is about, where it worked.</param>
public sealed record AccountOutcome(string? Message, PanelUser? User = null)
{
    public bool Succeeded => Message is null;

    public static AccountOutcome Success(PanelUser user) => new(null, user);

    public static AccountOutcome Refused(string message) => new(message);
}
