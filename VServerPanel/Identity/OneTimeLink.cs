namespace VServerPanel.Identity;

/// <summary>What a one-time link is good for. Persisted by number: append only.</summary>
public enum OneTimeLinkKind
{
    /// <summary>Makes the first administrator.</summary>
    FirstAdministrator = 0,

    /// <summary>Makes the account of someone who was invited.</summary>
    Invitation = 1,

    /// <summary>Sets a new password.</summary>
    NewPassword = 2,
}

/// <summary>A link that works once. Only the hash of its token is kept.</summary>
public sealed class OneTimeLink
{
    public long Id { get; init; }

    /// <summary>SHA-256 of the token, in hex.</summary>
    public required string TokenHash { get; init; }

    public required OneTimeLinkKind Kind { get; init; }

    /// <summary>The user name to be made, or whose password is set; null for the first administrator, who chooses.</summary>
    public string? UserName { get; init; }

    /// <summary>The role the account gets; null where it exists.</summary>
    public string? Role { get; init; }

    /// <summary>The tenant the account belongs to, in the role Tenant.</summary>
    public Guid? TenantId { get; init; }

    /// <summary>Who made it: a user name, or "console".</summary>
    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>Whether it would still work.</summary>
    public bool IsOpen(DateTimeOffset now) => UsedAt is null && now < ExpiresAt;
}
