using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;

namespace VServerPanel.Core.Tests.Auditing;

/// <summary>What a person with the database in hands can do to the history, and what is noticed.</summary>
public class AppendOnlyTests
{
    private const string DropTriggers =
        "DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete; DROP TRIGGER audit_entries_only_append; DROP TRIGGER audit_entries_head; DROP TRIGGER audit_head_forward; DROP TRIGGER audit_head_no_delete;";

    [Theory]
    [InlineData("""UPDATE audit_entries SET "User" = 'nobody' WHERE "Sequence" = 2""")]
    [InlineData("""UPDATE audit_entries SET "Hash" = "Hash" """)]
    [InlineData("DELETE FROM audit_entries WHERE \"Sequence\" = 5")]
    [InlineData("DELETE FROM audit_entries")]
    [InlineData("""INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE "Sequence" = 3""")]
    [InlineData("""REPLACE INTO audit_entries ("Sequence","Host","OperationId","Phase","Origin","Time","User","Login","Operation","Command","PreviousHash","Hash") SELECT 6, "Host", "OperationId", "Phase", 0, 0, 'x', '', 'x', '', "Hash", 'x' FROM audit_entries WHERE "Sequence" = 5""")]
    [InlineData("""INSERT INTO audit_entries ("Sequence","Host","OperationId","Phase","Origin","Time","User","Login","Operation","Command","PreviousHash","Hash") SELECT 7, 'h', 'o', 0, 0, 0, 'x', '', 'x', '', "Hash", 'x' FROM audit_entries WHERE "Sequence" = 5""")]
    [InlineData("""INSERT INTO audit_entries ("Sequence","Host","OperationId","Phase","Origin","Time","User","Login","Operation","Command","PreviousHash","Hash") VALUES (6, 'h', 'o', 0, 0, 0, 'x', '', 'x', '', 'not the last hash', 'x')""")]
    [InlineData("UPDATE audit_head SET \"Sequence\" = 3")]
    [InlineData("DELETE FROM audit_head")]
    public async Task ChangeBySql_WithTheTriggers_IsRefused(string sql)
    {
        await using var core = await FiveEntriesAsync();

        var refusal = Assert.Throws<SqliteException>(() => RawSqlite.Execute(core, "audit.db", sql));

        Assert.Equal(SQLitePCL.raw.SQLITE_CONSTRAINT, refusal.SqliteErrorCode);
        Assert.Equal(5, RawSqlite.Scalar<long>(core, "audit.db", "SELECT count(*) FROM audit_entries"));
        Assert.True((await VerifyAsync(core)).IsIntact);
    }

    [Fact]
    public async Task ChangeByEntityFramework_OfAnEntry_IsRefused()
    {
        await using var core = await FiveEntriesAsync();
        await using var database = await core.Get<IDbContextFactory<AuditDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        var entry = await database.Entries.FirstAsync(TestContext.Current.CancellationToken);

        database.Entries.Remove(entry);
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.SaveChangesAsync(TestContext.Current.CancellationToken));
        database.Entry(entry).State = EntityState.Modified;
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.SaveChangesAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<SqliteException>(() => database.Entries.ExecuteDeleteAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""UPDATE audit_entries SET "User" = 'nobody' WHERE "Sequence" = 2""", 2)]
    [InlineData("""UPDATE audit_entries SET "Outcome" = 0 WHERE "Sequence" = 4""", 4)]
    [InlineData("""UPDATE audit_entries SET "Detail" = '' WHERE "Sequence" = 3""", 3)]
    [InlineData("""UPDATE audit_entries SET "Time" = "Time" + 1 WHERE "Sequence" = 5""", 5)]
    [InlineData("DELETE FROM audit_entries WHERE \"Sequence\" = 2", 3)]
    [InlineData("DELETE FROM audit_entries WHERE \"Sequence\" = 1", 2)]
    [InlineData("DELETE FROM audit_entries WHERE \"Sequence\" >= 4", 4)]
    [InlineData("DELETE FROM audit_entries", 1)]
    [InlineData("""UPDATE audit_entries SET "Sequence" = 9 WHERE "Sequence" = 3; UPDATE audit_entries SET "Sequence" = 3 WHERE "Sequence" = 4; UPDATE audit_entries SET "Sequence" = 4 WHERE "Sequence" = 9""", 3)]
    public async Task Verify_TamperedAfterDroppingTriggers_NamesTheFirstBrokenEntry(string sql, long firstBroken)
    {
        await using var core = await FiveEntriesAsync();
        RawSqlite.Execute(core, "audit.db", DropTriggers + sql);

        var verified = await VerifyAsync(core);

        Assert.False(verified.IsIntact);
        Assert.Equal(firstBroken, verified.FirstBroken);
        Assert.NotNull(verified.Fault);
    }

    [Fact]
    public async Task Verify_TriggerGoneAndNothingChanged_SaysSo()
    {
        await using var core = await FiveEntriesAsync();
        RawSqlite.Execute(core, "audit.db", "DROP TRIGGER audit_entries_no_update");

        var verified = await VerifyAsync(core);

        Assert.Contains("audit_entries_no_update", verified.Fault, StringComparison.Ordinal);
        Assert.Null(verified.FirstBroken);
        Assert.Equal(5, verified.Entries);
    }

    [Fact]
    public async Task Verify_EmptyHistory_IsIntact()
    {
        await using var core = await TestCore.CreateAsync();

        Assert.Equal(new AuditVerification(0, AuditChain.Origin, null, null), await VerifyAsync(core));
    }

    private static Task<AuditVerification> VerifyAsync(TestCore core) => core.Get<AuditService>().VerifyAsync(TestContext.Current.CancellationToken);

    private static async Task<TestCore> FiveEntriesAsync()
    {
        var core = await TestCore.CreateAsync();
        var drafts = Enumerable.Range(1, 5).Select(i => Drafts.Ended($"{i:d32}") with { Outcome = Protocol.OperationOutcome.Failed, VServerId = Guid.NewGuid() }).ToList();
        await core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken);
        return core;
    }
}
