using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using VServerPanel.Core.Storage;

namespace VServerPanel.Core.Auditing;

/// <summary>The database of the audit history, <c>audit.db</c>.</summary>
internal sealed class AuditDbContext(DbContextOptions<AuditDbContext> options) : DbContext(options)
{
    public const string FileName = "audit.db";

    public DbSet<AuditEntry> Entries => Set<AuditEntry>();

    public DbSet<JournalReadPosition> JournalPositions => Set<JournalReadPosition>();

    public static DbContextOptions<AuditDbContext> OptionsFor(string connectionString) =>
        new DbContextOptionsBuilder<AuditDbContext>().UseSqlite(connectionString).AddInterceptors(SqlitePragmas.Instance, AppendOnly.Instance).Options;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        var entry = modelBuilder.Entity<AuditEntry>();
        entry.ToTable("audit_entries");
        entry.HasKey(e => e.Sequence);
        entry.Property(e => e.Sequence).ValueGeneratedNever();
        entry.Property(e => e.Host);
        entry.Property(e => e.OperationId);
        entry.Property(e => e.Phase);
        entry.Property(e => e.Origin);
        entry.Property(e => e.Time).HasConversion<UnixMilliseconds>();
        entry.Property(e => e.User);
        entry.Property(e => e.Login);
        entry.Property(e => e.Address);
        entry.Property(e => e.VServer);
        entry.Property(e => e.VServerId);
        entry.Property(e => e.Operation);
        entry.Property(e => e.Command);
        entry.Property(e => e.Detail);
        entry.Property(e => e.Before);
        entry.Property(e => e.After);
        entry.Property(e => e.Outcome);
        entry.Property(e => e.ProblemCode);
        entry.Property(e => e.ProblemMessage);
        entry.Property(e => e.DurationMilliseconds);
        entry.Property(e => e.PreviousHash);
        entry.Property(e => e.Hash);

        // Whoever tells of a phase first, the panel or the host's journal, is the only one.
        entry.HasIndex(e => new { e.OperationId, e.Phase, e.Host }).IsUnique();

        // Every index of SQLite ends in the rowid, here Sequence: pages are read in the order (Time, Sequence) without sorting.
        entry.HasIndex(e => e.Time);
        entry.HasIndex(e => new { e.Host, e.Time });
        entry.HasIndex(e => new { e.User, e.Time });
        entry.HasIndex(e => new { e.VServer, e.Time });
        entry.HasIndex(e => new { e.VServerId, e.Time });
        entry.HasIndex(e => new { e.Operation, e.Time });
        entry.HasIndex(e => new { e.Outcome, e.Time });

        var position = modelBuilder.Entity<JournalReadPosition>();
        position.ToTable("journal_positions");
        position.HasKey(p => p.Host);
    }

    /// <summary>Refuses to change or remove entries; the triggers of the database refuse what does not come this way.</summary>
    private sealed class AppendOnly : SaveChangesInterceptor
    {
        public static AppendOnly Instance { get; } = new();

        public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
        {
            Check(eventData.Context);
            return result;
        }

        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Check(eventData.Context);
            return ValueTask.FromResult(result);
        }

        private static void Check(DbContext? context)
        {
            if (context?.ChangeTracker.Entries<AuditEntry>().Any(e => e.State is EntityState.Modified or EntityState.Deleted) is true)
            {
                throw new InvalidOperationException("Audit entries are never changed or removed.");
            }
        }
    }
}

/// <summary>How far a host's journal has been read.</summary>
internal sealed class JournalReadPosition
{
    public required string Host { get; init; }

    /// <summary>In bytes.</summary>
    public long Position { get; set; }
}
