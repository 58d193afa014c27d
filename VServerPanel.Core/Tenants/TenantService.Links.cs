using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tenants;

public sealed partial class TenantService
{
    private const int LongestLabel = 100;
    private static readonly TimeSpan s_longestLife = TimeSpan.FromDays(366);

    // a page that reloads itself every few seconds is not to write each time
    private static readonly TimeSpan s_useStep = TimeSpan.FromMinutes(1);

    /// <summary>Makes a link; its token is in the answer and nowhere else.</summary>
    /// <param name="lifetime">At most 366 days.</param>
    /// <exception cref="HostProblemException">No such tenant, or the label or the lifetime cannot be.</exception>
    public async Task<NewSecretLink> CreateLinkAsync(Guid tenantId, string label, TimeSpan lifetime, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        label = label.Trim();
        if (label.Length > LongestLabel || label.Any(char.IsControl))
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"A label is one line of at most {LongestLabel} characters.");
        }

        if (lifetime <= TimeSpan.Zero || lifetime > s_longestLife)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, $"A link lives at most {s_longestLife.TotalDays:0} days.");
        }

        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var tenant = await GetAsync(database, tenantId, cancellationToken);
        var (token, now) = (SecretToken.New(), _time.NowAsStored());
        var link = new SecretLinkRecord
        {
            Id = Guid.NewGuid(),
            TenantId = tenantId,
            TokenHash = SecretToken.Hash(token),
            Label = label,
            CreatedBy = caller.UserName,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
        database.SecretLinks.Add(link);
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "create-link", $"Made a link to the status page of the tenant {tenant.Name}{Labelled(label)}, until {link.ExpiresAt:yyyy-MM-dd HH:mm} UTC");
        return new NewSecretLink(link.View(), token);
    }

    /// <summary>Makes a link useless at once.</summary>
    /// <exception cref="HostProblemException">There is no such link.</exception>
    public async Task RevokeLinkAsync(Guid linkId, Caller caller, CancellationToken cancellationToken = default)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var link = await database.SecretLinks.FindAsync([linkId], cancellationToken) ?? throw new HostProblemException(ProblemCode.NotFound, "There is no such link.");
        if (link.RevokedAt is not null)
        {
            return;
        }

        var tenant = await GetAsync(database, link.TenantId, cancellationToken);
        link.RevokedAt = _time.NowAsStored();
        await database.SaveChangesAsync(cancellationToken);
        await RecordAsync(caller, "revoke-link", $"Revoked a link to the status page of the tenant {tenant.Name}{Labelled(link.Label)}");
    }

    /// <summary>The tenant whose page a token opens; null where it opens none: unknown, expired and revoked are not told apart.</summary>
    public async Task<Tenant?> RedeemAsync(string token, CancellationToken cancellationToken = default)
    {
        if (token is not { Length: SecretToken.Length })
        {
            return null;
        }

        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        var hash = SecretToken.Hash(token);
        var link = await database.SecretLinks.SingleOrDefaultAsync(l => l.TokenHash == hash, cancellationToken);
        var now = _time.NowAsStored();
        if (link is null || link.RevokedAt is not null || link.ExpiresAt <= now)
        {
            return null;
        }

        if (link.LastUsedAt is null || now - link.LastUsedAt >= s_useStep)
        {
            link.LastUsedAt = now;
            await database.SaveChangesAsync(cancellationToken);
        }

        return (await database.Tenants.FindAsync([link.TenantId], cancellationToken))?.View();
    }

    private static string Labelled(string label) => label.Length == 0 ? "" : $" ({label})";
}
