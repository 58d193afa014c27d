using System.Security.Claims;

namespace VServerPanel.Identity;

/// <summary>What a user may beyond his role, where an administrator has given it to him.</summary>
public static class Rights
{
    /// <summary>Open a shell in any vserver, as root there.</summary>
    public const string Terminal = "terminal";

    /// <summary>The type of the claims that rights are kept as.</summary>
    public const string ClaimType = "vsp-right";

    /// <summary>The rights among some claims.</summary>
    public static IEnumerable<string> Of(IEnumerable<Claim> claims) => claims.Where(c => c.Type == ClaimType).Select(c => c.Value);
}
