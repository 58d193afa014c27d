using System.IO.Pipelines;

namespace VServerPanel.Core.Auditing;

/// <summary>Writes the history as CSV: RFC 4180, a header row, safe to open in a spreadsheet, in constant memory.</summary>
public sealed class AuditExport
{
    /// <summary>Media type of what is written.</summary>
    public const string MediaType = "text/csv; charset=utf-8; header=present";

    /// <summary>Writes all entries that match, newest first; returns how many. Does not complete the writer.</summary>
    /// <param name="byteOrderMark">Begins with a UTF-8 byte order mark, which some spreadsheets need to see that it is UTF-8.</param>
    public Task<long> WriteAsync(PipeWriter writer, AuditFilter filter, bool byteOrderMark = true, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
