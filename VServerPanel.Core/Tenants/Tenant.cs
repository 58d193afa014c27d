namespace VServerPanel.Core.Tenants;

/// <summary>A customer of the hosting staff.</summary>
public sealed record Tenant(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>A tenant with what belongs to him.</summary>
/// <param name="VServerIds">Stable ids of his vservers.</param>
/// <param name="UserIds">Accounts that may see his status page.</param>
public sealed record TenantDetail(Tenant Tenant, IReadOnlyList<Guid> VServerIds, IReadOnlyList<string> UserIds, IReadOnlyList<SecretLink> Links);

/// <summary>A link to a tenant's status page that needs no account. Its secret is shown once and not stored.</summary>
public sealed record SecretLink(Guid Id, Guid TenantId, string Label, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);

/// <summary>A link that was just made.</summary>
/// <param name="Link">What is stored of it.</param>
/// <param name="Token">Its secret, 43 characters safe in a URL: shown now and never again.</param>
public sealed record NewSecretLink(SecretLink Link, string Token);
