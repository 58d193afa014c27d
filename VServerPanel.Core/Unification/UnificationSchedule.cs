using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>How often vservers are unified again.</summary>
/// <remarks>Persisted by number: append only.</remarks>
public enum SchedulePeriod
{
    Daily = 0,
    Weekly = 1,
}

/// <summary>When which vservers are unified again without anybody asking.</summary>
/// <param name="IsOn">Off: nothing is done.</param>
/// <param name="Period">Each day, or once a week.</param>
/// <param name="Day">On which day of the week, where it is weekly.</param>
/// <param name="Hour">At which full hour of the panel's time zone, 0 to 23.</param>
/// <param name="Scope">By what files are chosen.</param>
/// <param name="Reference">The vserver that the others are compared with; null where none was chosen yet.</param>
/// <param name="Members">The others; null: all there are at the time.</param>
public sealed record UnificationSchedule(
    bool IsOn, SchedulePeriod Period, DayOfWeek Day, int Hour, UnificationScope Scope, VServerName? Reference, IReadOnlyList<VServerName>? Members)
{
    /// <summary>How files are to be shared; null: as the host chooses.</summary>
    public SharingMethod? Method { get; init; }

    /// <summary>What is there before anybody has changed it.</summary>
    public static UnificationSchedule Off { get; } = new(false, SchedulePeriod.Weekly, DayOfWeek.Sunday, 4, UnificationScope.Package, null, null);

    /// <summary>What keeps it from being kept, as a sentence; null where nothing does.</summary>
    public string? Fault => Hour is < 0 or > 23 ? $"The hour is {Hour}; it must be from 0 to 23."
        : !IsOn ? null
        : Reference is null ? "Choose the reference: the vserver that the others are compared with."
        : Members is { Count: 0 } ? "Choose the vservers that are to be unified with the reference, or all."
        : Members?.Contains(Reference.Value) == true ? $"{Reference} is the reference and cannot be compared with itself. Take it out of the others."
        : null;
}

/// <summary>The schedule, and what came of it.</summary>
/// <param name="Schedule">As it was last set.</param>
/// <param name="NextRun">When it is due next; null where it is off.</param>
/// <param name="LastRun">When it last asked for a run; null where it has not.</param>
/// <param name="LastJobId">The job of that run; null where it was refused.</param>
/// <param name="LastProblem">Why the last run could not be begun, or how its job failed; null where it did not, or goes on.</param>
public sealed record ScheduleStatus(UnificationSchedule Schedule, DateTimeOffset? NextRun, DateTimeOffset? LastRun, string? LastJobId, string? LastProblem);
