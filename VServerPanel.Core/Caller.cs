namespace VServerPanel.Core;

/// <summary>Who asks: every method that changes something takes one, and it is what the audit history says.</summary>
/// <param name="UserId">The id of the account; empty where nobody is signed in.</param>
/// <param name="UserName">The name the history shows.</param>
/// <param name="RemoteAddress">The browser's address, if known.</param>
public sealed record Caller(string UserId, string UserName, string? RemoteAddress)
{
    /// <summary>The panel itself, for what no person asked for.</summary>
    public static Caller Panel { get; } = new("", "panel", null);

    /// <summary>What somebody has asked to be done again and again.</summary>
    public static Caller Schedule { get; } = new("", "schedule", null);
}
