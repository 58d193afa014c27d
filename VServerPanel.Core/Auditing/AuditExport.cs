using System.IO.Pipelines;
using CsvHelper;
using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Core.Auditing;

/// <summary>Writes the history as CSV: RFC 4180, a header row, safe to open in a spreadsheet, in constant memory.</summary>
public sealed class AuditExport
{
    /// <summary>Media type of what is written.</summary>
    public const string MediaType = "text/csv; charset=utf-8; header=present";

    private readonly IDbContextFactory<AuditDbContext> _databases;

    internal AuditExport(IDbContextFactory<AuditDbContext> databases) => _databases = databases;

    /// <summary>Names of the columns, in order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "Sequence", "Time", "Host", "User", "Login", "Address", "VServer", "VServerId", "Operation", "Phase", "Outcome", "Command", "Detail",
        "ProblemCode", "Problem", "DurationMilliseconds", "Before", "After", "OperationId", "Origin", "Hash",
    ];

    /// <summary>Writes all entries that match, newest first; returns how many. Does not complete the writer.</summary>
    /// <param name="byteOrderMark">Begins with a UTF-8 byte order mark, which some spreadsheets need to see that it is UTF-8.</param>
    public async Task<long> WriteAsync(PipeWriter writer, AuditFilter filter, bool byteOrderMark = true, CancellationToken cancellationToken = default)
    {
        // A cell that begins with = + - @ TAB or CR would be run as a formula: CsvHelper puts an apostrophe before it (owasp.org, CSV Injection).
        var options = CsvWriterOptions.Default with { Injection = CsvInjection.Escape, WriteByteOrderMark = byteOrderMark };
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        await using var csv = CsvWriter.Create(writer.AsStream(leaveOpen: true), options, leaveOpen: true);
        await csv.WriteRecordAsync([.. Columns], cancellationToken);
        var fields = new string?[Columns.Count];
        var count = 0L;
        await foreach (var entry in database.Entries.AsNoTracking().Matching(filter).NewestFirst().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            Fill(fields, entry);
            await csv.WriteRecordAsync(fields!, cancellationToken);
            count++;
        }

        await csv.FlushAsync(cancellationToken);
        return count;
    }

    private static void Fill(string?[] fields, AuditEntry entry)
    {
        fields[0] = Number(entry.Sequence);
        fields[1] = entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        fields[2] = entry.Host;
        fields[3] = entry.User;
        fields[4] = entry.Login;
        fields[5] = entry.Address;
        fields[6] = entry.VServer;
        fields[7] = entry.VServerId?.ToString("D");
        fields[8] = entry.Operation;
        fields[9] = Enum.GetName(entry.Phase);
        fields[10] = entry.Outcome is { } outcome ? Enum.GetName(outcome) : null;
        fields[11] = entry.Command;
        fields[12] = entry.Detail;
        fields[13] = entry.ProblemCode is { } code ? Enum.GetName(code) : null;
        fields[14] = entry.ProblemMessage;
        fields[15] = entry.DurationMilliseconds is { } duration ? Number(duration) : null;
        fields[16] = entry.Before;
        fields[17] = entry.After;
        fields[18] = entry.OperationId;
        fields[19] = Enum.GetName(entry.Origin);
        fields[20] = entry.Hash;
    }

    private static string Number(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
