using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Auditing;

/// <summary>A history of 1,000,000 entries: several years of a large host.</summary>
public class LargeHistoryTests(ITestOutputHelper output)
{
    private const int Rows = 1_000_000;

    // Through the triggers as any entry; the hashes are not real, which neither paging nor export looks at.
    private const string Fill = """
        PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
        INSERT INTO audit_entries ("Sequence","Host","OperationId","Phase","Origin","Time","User","Login","VServer","Operation","Command","Outcome","PreviousHash","Hash")
        SELECT i, 'host1', printf('%032x', i), 1, 0, 1600000000000 + i * 100, 'user' || (i % 20), 'vserverpanel', 'web' || (i % 1000),
               CASE i % 3 WHEN 0 THEN 'start' WHEN 1 THEN 'stop' ELSE 'configure' END, 'vserver web' || (i % 1000) || ' start', CASE WHEN i % 100 = 0 THEN 1 ELSE 0 END,
               printf('%064x', i - 1), printf('%064x', i)
        FROM n
        """;

    [Fact]
    public async Task PageAndExport_OfAMillionEntries_StayQuickAndSmall()
    {
        await using var core = await TestCore.CreateAsync();
        var watch = Stopwatch.StartNew();
        RawSqlite.Execute(core, "audit.db", Fill);
        output.WriteLine($"filled in {watch.Elapsed.TotalSeconds:0.0} s");

        await PagesAsync(core);
        await ExportAsync(core);
    }

    private async Task PagesAsync(TestCore core)
    {
        var audit = core.Get<AuditService>();
        var middle = new AuditCursor(DateTimeOffset.FromUnixTimeMilliseconds(1_600_000_000_000 + 50_000_000), 500_000);
        (string Name, AuditFilter Filter, AuditCursor? After)[] questions =
        [
            ("newest", new AuditFilter(), null), ("from the middle", new AuditFilter(), middle), ("user", new AuditFilter { User = "user7" }, middle), ("vserver", new AuditFilter { VServer = "web77" }, middle),
            ("failed starts", new AuditFilter { Operation = "start", Outcome = OperationOutcome.Failed }, null), ("a host that is not", new AuditFilter { Host = "host9" }, null),
            ("a day", new AuditFilter { From = middle.Time, Until = middle.Time.AddHours(1), User = "user3" }, null), ("text that is often", new AuditFilter { Text = "web12" }, null),
        ];
        foreach (var (name, filter, after) in questions)
        {
            var watch = Stopwatch.StartNew();
            var page = await audit.QueryAsync(filter, after, 50, TestContext.Current.CancellationToken);
            output.WriteLine($"{name}: {page.Entries.Count} entries in {watch.ElapsedMilliseconds} ms");
            await AssertReadInOrderAsync(core, name, filter, after);
        }

        var history = Stopwatch.StartNew();
        await audit.QueryAsync(new AuditFilter { VServerId = Guid.NewGuid() }, middle, 50, TestContext.Current.CancellationToken);
        output.WriteLine($"a vserver's own: {history.ElapsedMilliseconds} ms");
        var plan = await PlanAsync(core, new AuditFilter { VServerId = Guid.NewGuid() }, middle);
        output.WriteLine(string.Join('\n', plan));
        Assert.All(plan.Where(step => step.StartsWith("SEARCH", StringComparison.Ordinal) || step.StartsWith("SCAN", StringComparison.Ordinal)), step => Assert.Matches(@"\(VServerId=\?|\(OperationId=\?", step));

        var text = Stopwatch.StartNew();
        Assert.Empty((await audit.QueryAsync(new AuditFilter { Text = "nowhere to be found" }, cancellationToken: TestContext.Current.CancellationToken)).Entries);
        output.WriteLine($"text that is nowhere: {text.ElapsedMilliseconds} ms");
        text.Restart();
        Assert.Equal(20, (await audit.VocabularyAsync(TestContext.Current.CancellationToken)).Users.Count);
        output.WriteLine($"vocabulary: {text.ElapsedMilliseconds} ms");
    }

    // Not by time, which a loaded machine stretches: a page is quick if it is read along an index and neither sorted nor searched for from the beginning.
    private static async Task AssertReadInOrderAsync(TestCore core, string name, AuditFilter filter, AuditCursor? after)
    {
        foreach (var step in await PlanAsync(core, filter, after))
        {
            Assert.False(step.Contains("TEMP B-TREE", StringComparison.Ordinal), $"{name}: {step}");
            Assert.True(step.Contains("USING INDEX", StringComparison.Ordinal), $"{name}: {step}");
        }
    }

    private static async Task<List<string>> PlanAsync(TestCore core, AuditFilter filter, AuditCursor? after)
    {
        await using var database = await core.Get<IDbContextFactory<AuditDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        await using var command = database.Entries.Matching(filter).NewestFirst(after).Take(51).CreateDbCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
        await database.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var plan = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var steps = new List<string>();
        while (await plan.ReadAsync(TestContext.Current.CancellationToken))
        {
            steps.Add(plan.GetString(3));
        }

        return steps;
    }

    private async Task ExportAsync(TestCore core)
    {
        var sink = new CountingStream();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();

        var written = await core.Get<AuditExport>().WriteAsync(PipeWriter.Create(sink), new AuditFilter(), cancellationToken: TestContext.Current.CancellationToken);

        output.WriteLine($"exported {sink.Length >> 20} MiB in {watch.Elapsed.TotalSeconds:0.0} s, at most {(sink.MostLive - before) >> 20} MiB live");
        Assert.Equal(Rows, written);
        Assert.Equal(Rows + 1, sink.Lines);
        Assert.True(sink.Looks > 3);
        Assert.True(sink.MostLive - before < 32 << 20, $"{(sink.MostLive - before) >> 20} MiB were live while exporting");
    }

    /// <summary>Counts what is written, and now and then what is alive in memory.</summary>
    private sealed class CountingStream : MemoryStream
    {
        private long _length;
        private long _nextLook;

        public long Lines { get; private set; }

        public long MostLive { get; private set; }

        public int Looks { get; private set; }

        public override long Length => _length;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _length += buffer.Length;
            Lines += buffer.Count((byte)'\n');
            if (_length >= _nextLook)
            {
                MostLive = Math.Max(MostLive, GC.GetTotalMemory(forceFullCollection: true));
                Looks++;
                _nextLook = _length + (32 << 20);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
