using Microsoft.AspNetCore.Identity;

namespace VServerPanel.Identity;

/// <summary>Someone who can sign in.</summary>
public sealed class PanelUser : IdentityUser
{
    /// <summary>For people; empty where the user name says enough.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>May not sign in; kept because the audit history names him.</summary>
    public bool IsDisabled { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastSignInAt { get; set; }
}
