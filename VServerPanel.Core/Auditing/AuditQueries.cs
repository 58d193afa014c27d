using Microsoft.EntityFrameworkCore;

namespace VServerPanel.Core.Auditing;

/// <summary>The questions asked of the history, shared by pages and export.</summary>
internal static class AuditQueries
{
    public static IQueryable<AuditEntry> Matching(this IQueryable<AuditEntry> entries, AuditFilter filter)
    {
        var all = entries;
        if (filter.From is { } from)
        {
            entries = entries.Where(e => e.Time >= from);
        }

        if (filter.Until is { } until)
        {
            entries = entries.Where(e => e.Time < until);
        }

        if (filter.Host is { Length: > 0 } host)
        {
            entries = entries.Where(e => e.Host == host);
        }

        if (filter.User is { Length: > 0 } user)
        {
            entries = entries.Where(e => e.User == user);
        }

        if (filter.VServer is { Length: > 0 } name)
        {
            entries = entries.Where(e => e.VServer == name);
        }

        if (filter.Operation is { Length: > 0 } operation)
        {
            entries = entries.Where(e => e.Operation == operation);
        }

        if (filter.OperationId is { Length: > 0 } operationId)
        {
            entries = entries.Where(e => e.OperationId == operationId);
        }

        if (filter.Outcome is { } outcome)
        {
            entries = entries.Where(e => e.Outcome == outcome);
        }

        if (filter.Phase is { } phase)
        {
            entries = entries.Where(e => e.Phase == phase);
        }

        if (!string.IsNullOrWhiteSpace(filter.Text))
        {
            entries = entries.Containing(filter.Text.Trim());
        }

        return filter.VServerId is { } id ? entries.OfVServer(id, all) : entries;
    }

    /// <summary>Also what was asked before it had an id: its build, of which only the end names it. Two parts, each found by an index of its own; an OR would walk
    /// through the whole history for a page.</summary>
    private static IQueryable<AuditEntry> OfVServer(this IQueryable<AuditEntry> entries, Guid id, IQueryable<AuditEntry> all) =>
        entries.Where(e => e.VServerId == id).Concat(
            from ended in all
            where ended.VServerId == id && ended.Phase == AuditPhase.Ended
            join asked in entries on new { ended.OperationId, Phase = AuditPhase.Asked, ended.Host } equals new { asked.OperationId, asked.Phase, asked.Host }
            where asked.VServerId != id
            select asked);

    /// <summary>In the order of pages, from behind <paramref name="after"/> on.</summary>
    public static IQueryable<AuditEntry> NewestFirst(this IQueryable<AuditEntry> entries, AuditCursor? after = null)
    {
        if (after is not null)
        {
            // "Time <= x" apart from the rest lets the index begin there; a plain OR would walk from its end
            entries = entries.Where(e => e.Time <= after.Time && (e.Time < after.Time || e.Sequence < after.Sequence));
        }

        return entries.OrderByDescending(e => e.Time).ThenByDescending(e => e.Sequence);
    }

    private static IQueryable<AuditEntry> Containing(this IQueryable<AuditEntry> entries, string text)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
        var pattern = $"%{escaped}%";
        return entries.Where(e =>
            EF.Functions.Like(e.Command, pattern, "\\") || EF.Functions.Like(e.Detail!, pattern, "\\") || EF.Functions.Like(e.ProblemMessage!, pattern, "\\")
            || EF.Functions.Like(e.User, pattern, "\\") || EF.Functions.Like(e.VServer!, pattern, "\\") || EF.Functions.Like(e.Operation, pattern, "\\"));
    }
}
