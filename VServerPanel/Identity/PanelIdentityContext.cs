using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace VServerPanel.Identity;

/// <summary>Users, roles and one-time links: <c>identity.db</c> in the data directory.</summary>
public sealed class PanelIdentityContext(DbContextOptions<PanelIdentityContext> options) : IdentityDbContext<PanelUser, IdentityRole, string>(options)
{
    public DbSet<OneTimeLink> OneTimeLinks => Set<OneTimeLink>();

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);
        base.ConfigureConventions(configurationBuilder);

        // SQLite has no type for it: as text it could be neither compared nor sorted by the database.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcMilliseconds>();
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        base.OnModelCreating(builder);
        builder.Entity<PanelUser>().Property(u => u.DisplayName).HasMaxLength(128);
        builder.Entity<OneTimeLink>(link =>
        {
            link.HasIndex(l => l.TokenHash).IsUnique();
            link.Property(l => l.TokenHash).HasMaxLength(64);
            link.Property(l => l.UserName).HasMaxLength(256);
            link.Property(l => l.Role).HasMaxLength(64);
            link.Property(l => l.CreatedBy).HasMaxLength(256);
        });
    }

    private sealed class UtcMilliseconds() : ValueConverter<DateTimeOffset, long>(
        value => value.ToUnixTimeMilliseconds(),
        value => DateTimeOffset.FromUnixTimeMilliseconds(value));
}
