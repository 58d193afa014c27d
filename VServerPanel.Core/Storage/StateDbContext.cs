using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Tenants;
using VServerPanel.Core.Unification;

namespace VServerPanel.Core.Storage;

/// <summary>The database of what the panel knows beyond its hosts, <c>state.db</c>: which hosts there are, tenants, creations under way, the queue of moves, and the schedule of unification.</summary>
internal sealed class StateDbContext(DbContextOptions<StateDbContext> options) : DbContext(options)
{
    public const string FileName = "state.db";

    public DbSet<HostRecord> Hosts => Set<HostRecord>();

    public DbSet<TenantRecord> Tenants => Set<TenantRecord>();

    public DbSet<AssignmentRecord> Assignments => Set<AssignmentRecord>();

    public DbSet<TenantUserRecord> TenantUsers => Set<TenantUserRecord>();

    public DbSet<SecretLinkRecord> SecretLinks => Set<SecretLinkRecord>();

    public DbSet<CreationRecord> Creations => Set<CreationRecord>();

    public DbSet<QueuedMoveRecord> QueuedMoves => Set<QueuedMoveRecord>();

    public DbSet<ScheduleRecord> Schedules => Set<ScheduleRecord>();

    public static DbContextOptions<StateDbContext> OptionsFor(string connectionString) =>
        new DbContextOptionsBuilder<StateDbContext>().UseSqlite(connectionString).AddInterceptors(SqlitePragmas.Instance).Options;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        var host = modelBuilder.Entity<HostRecord>();
        host.ToTable("hosts");
        host.HasKey(h => h.Name);
        host.Property(h => h.Name).UseCollation("NOCASE");
        host.Property(h => h.Label).UseCollation("NOCASE");
        host.HasIndex(h => new { h.Address, h.Port }).IsUnique();

        var tenant = modelBuilder.Entity<TenantRecord>();
        tenant.ToTable("tenants");
        tenant.Property(t => t.Name).UseCollation("NOCASE");
        tenant.HasIndex(t => t.Name).IsUnique();
        tenant.HasMany<AssignmentRecord>().WithOne().HasForeignKey(a => a.TenantId).OnDelete(DeleteBehavior.Cascade);
        tenant.HasMany<TenantUserRecord>().WithOne().HasForeignKey(u => u.TenantId).OnDelete(DeleteBehavior.Cascade);
        tenant.HasMany<SecretLinkRecord>().WithOne().HasForeignKey(l => l.TenantId).OnDelete(DeleteBehavior.Cascade);

        modelBuilder.Entity<AssignmentRecord>().ToTable("tenant_vservers").HasKey(a => a.VServerId);
        modelBuilder.Entity<TenantUserRecord>().ToTable("tenant_users").HasKey(u => u.UserId);

        var link = modelBuilder.Entity<SecretLinkRecord>();
        link.ToTable("secret_links");
        link.HasIndex(l => l.TokenHash).IsUnique();

        var creation = modelBuilder.Entity<CreationRecord>();
        creation.ToTable("creations");
        creation.HasKey(c => c.BuildJobId);
        creation.HasIndex(c => c.StartJobId);
        creation.HasIndex(c => c.CompletedAt);
        creation.Ignore(c => c.Caller);

        var move = modelBuilder.Entity<QueuedMoveRecord>();
        move.ToTable("queued_moves");
        move.HasKey(m => m.JobId);
        move.Ignore(m => m.Caller);
        move.Ignore(m => m.Request);
        move.HasIndex(m => m.EndedAt);

        // a vserver waits for one move at a time
        move.HasIndex(m => new { m.Host, m.VServerId }).IsUnique().HasFilter("\"EndedAt\" IS NULL");

        modelBuilder.Entity<ScheduleRecord>().ToTable("unification_schedule").HasKey(s => s.Host);
    }
}
