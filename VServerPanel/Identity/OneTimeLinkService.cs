using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Identity;

/// <summary>Makes one-time links and spends them.</summary>
public sealed class OneTimeLinkService(PanelIdentityContext context, TimeProvider clock)
{
    /// <summary>How long a link waits to be used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const int TokenBytes = 32;

    /// <summary>Makes one; the token that is returned is nowhere kept.</summary>
    public async Task<string> CreateAsync(OneTimeLinkKind kind, string createdBy, string? userName = null, string? role = null, Guid? tenantId = null, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        await context.OneTimeLinks.Where(l => l.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        context.OneTimeLinks.Add(new OneTimeLink
        {
            TokenHash = Hash(token),
            Kind = kind,
            UserName = userName,
            Role = role,
            TenantId = tenantId,
            CreatedBy = createdBy,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
        });
        await context.SaveChangesAsync(cancellationToken);
        return token;
    }

    /// <summary>The link behind a token, if it would still work; null otherwise, whatever the reason.</summary>
    public async Task<OneTimeLink?> FindOpenAsync(string? token, CancellationToken cancellationToken = default)
    {
        if (token is not { Length: 43 })
        {
            return null;
        }

        var hash = Hash(token);
        var link = await context.OneTimeLinks.AsNoTracking().SingleOrDefaultAsync(l => l.TokenHash == hash, cancellationToken);
        return link is not null && link.IsOpen(clock.GetUtcNow()) ? link : null;
    }

    /// <summary>Spends a link; false where another was faster. Other open links of the same user end with it: an older one that went astray must not set his
    /// password again. Call it inside the transaction that does what the link is good for.</summary>
    public async Task<bool> SpendAsync(OneTimeLink link, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(link);
        var now = clock.GetUtcNow();
        var isSpent = await context.OneTimeLinks
            .Where(l => l.Id == link.Id && l.UsedAt == null && l.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.UsedAt, now), cancellationToken) == 1;
        if (isSpent && link.UserName is { } userName)
        {
            await context.OneTimeLinks.Where(l => l.Id != link.Id && l.UserName == userName && l.UsedAt == null).ExecuteDeleteAsync(cancellationToken);
        }

        return isSpent;
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
}
