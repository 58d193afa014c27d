using System.IO.Pipelines;
using System.Text;
using CsCheck;
using CsvHelper;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Tests.Fakes;

namespace VServerPanel.Core.Tests.Auditing;

public class AuditExportTests
{
    [Fact]
    public async Task Write_WithFilter_HasHeaderAndOnlyWhatMatches()
    {
        await using var core = await TestCore.CreateAsync();
        await AppendAsync(core, Drafts.Ended(new string('1', 32)) with { User = "bob", Command = "vserver web1 exec sh -c 'echo \"a, b\"\nx'" }, Drafts.Ended(new string('2', 32)));

        var text = await ExportAsync(core, new AuditFilter { User = "bob" }, byteOrderMark: true);

        Assert.Equal('\uFEFF', text[0]);
        var rows = Csv.Parse(text[1..]);
        Assert.Equal(AuditExport.Columns, rows[0]);
        var row = Assert.Single(rows.Skip(1));
        Assert.Equal("vserver web1 exec sh -c 'echo \"a, b\"\nx'", row[Column("Command")]);
        Assert.Equal("bob", row[Column("User")]);
        Assert.Equal("Succeeded", row[Column("Outcome")]);
        Assert.EndsWith("Z", row[Column("Time")], StringComparison.Ordinal);
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_AnyText_ReadsBackAndIsNoFormula()
    {
        var text = Gen.OneOf(Gen.String, Gen.String[Gen.Char["=+-@\t\r\n\",;'|0A é\u0000"], 0, 8]);
        var drafts = new List<AuditDraft>();
        Gen.Select(text, text, text).Sample(
            (command, user, detail) => drafts.Add(Drafts.Ended(Guid.NewGuid().ToString("N")) with { Command = command, User = user, Detail = detail }),
            iter: 400,
            threads: 1);
        await using var core = await TestCore.CreateAsync();
        await AppendAsync(core, [.. drafts]);

        var written = await ExportAsync(core, new AuditFilter(), byteOrderMark: false);

        // two readers that know nothing of each other
        var rows = Csv.Parse(written);
        using var reader = CsvReader.Create(new StringReader(written));
        Assert.Equal(drafts.Count + 1, rows.Count);
        Assert.All(rows, row => Assert.Equal(AuditExport.Columns.Count, row.Count));
        Assert.All(rows.SelectMany(r => r), cell => Assert.False(cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal), $"'{cell}' would be run as a formula"));
        var byId = rows.Skip(1).ToDictionary(r => r[Column("OperationId")], StringComparer.Ordinal);
        foreach (var draft in drafts)
        {
            var row = byId[draft.OperationId];
            Assert.Equal(draft.Command, Plain(row[Column("Command")], draft.Command));
            Assert.Equal(draft.User, Plain(row[Column("User")], draft.User));
            Assert.Equal(draft.Detail, Plain(row[Column("Detail")], draft.Detail!));
        }

        var count = 0;
        while (reader.Read())
        {
            Assert.Equal(rows[++count][Column("Command")], reader.GetString(Column("Command")));
        }

        Assert.Equal(drafts.Count, count);
    }

    [Fact]
    public async Task Write_Cancelled_Ends()
    {
        await using var core = await TestCore.CreateAsync();
        await AppendAsync(core, Drafts.Ended(new string('1', 32)));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => core.Get<AuditExport>().WriteAsync(PipeWriter.Create(Stream.Null), new AuditFilter(), cancellationToken: cancelled.Token));
    }

    private static int Column(string name) => AuditExport.Columns.ToList().IndexOf(name);

    // the apostrophe stands only before what would be a formula
    private static string Plain(string cell, string original) =>
        original.Length > 0 && "=+-@\t\r".Contains(original[0], StringComparison.Ordinal) ? cell[1..] : cell;

    private static Task<int> AppendAsync(TestCore core, params AuditDraft[] drafts) => core.Get<AuditLog>().AppendAsync(drafts, cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<string> ExportAsync(TestCore core, AuditFilter filter, bool byteOrderMark)
    {
        using var stream = new MemoryStream();
        var writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await core.Get<AuditExport>().WriteAsync(writer, filter, byteOrderMark, TestContext.Current.CancellationToken);
        await writer.CompleteAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
