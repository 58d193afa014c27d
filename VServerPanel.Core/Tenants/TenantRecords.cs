namespace VServerPanel.Core.Tenants;

/// <summary>Row of a tenant.</summary>
internal sealed class TenantRecord
{
    public required Guid Id { get; init; }

    public required string Name { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public Tenant View() => new(Id, Name, CreatedAt);
}

/// <summary>Which tenant a vserver belongs to: one at most.</summary>
internal sealed class AssignmentRecord
{
    public required Guid VServerId { get; init; }

    public required Guid TenantId { get; set; }
}

/// <summary>Which tenant an account belongs to: one at most.</summary>
internal sealed class TenantUserRecord
{
    public required string UserId { get; init; }

    public required Guid TenantId { get; set; }
}

/// <summary>Row of a secret link.</summary>
internal sealed class SecretLinkRecord
{
    public required Guid Id { get; init; }

    public required Guid TenantId { get; init; }

    /// <summary>SHA-256 of the token, in hex. The token has 256 random bits: a slow hash would add nothing.</summary>
    public required string TokenHash { get; init; }

    public required string Label { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public SecretLink View() => new(Id, TenantId, Label, CreatedBy, CreatedAt, ExpiresAt, RevokedAt, LastUsedAt);
}
