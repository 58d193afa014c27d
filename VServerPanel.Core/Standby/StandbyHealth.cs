using VServerPanel.Protocol;

namespace VServerPanel.Core.Standby;

/// <summary>Whether somebody should look at a copy. Pure.</summary>
public static class StandbyHealth
{
    private const int IntervalsBehind = 2;

    // who copies looks once a minute what is due, and a pass takes its time
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(2);

    /// <summary>Of a copy that is kept of a vserver here: the last copying failed, it is more than two intervals behind, or it was promoted and the one here is no copy.</summary>
    public static bool NeedsSomebody(StandbyInfo kept, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return kept.Role is StandbyRole.Source && (kept.Problem is not null || kept.PromotedAt is not null || IsBehind(kept, now));
    }

    private static bool IsBehind(StandbyInfo kept, DateTimeOffset now) =>
        kept is { IntervalMinutes: { } minutes, CompleteAsOf: { } asOf } && now - asOf > TimeSpan.FromMinutes((double)IntervalsBehind * minutes) + s_grace;
}
