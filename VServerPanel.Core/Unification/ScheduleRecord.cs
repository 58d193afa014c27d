using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>The schedule of a host, and how far it is.</summary>
internal sealed class ScheduleRecord
{
    public required string Host { get; init; }

    public bool IsOn { get; set; }

    public SchedulePeriod Period { get; set; }

    public DayOfWeek Day { get; set; }

    public int Hour { get; set; }

    public UnificationScope Scope { get; set; }

    /// <summary>Null: as the host chooses.</summary>
    public SharingMethod? Method { get; set; }

    public string? Reference { get; set; }

    /// <summary>Names with blanks between them; null: all.</summary>
    public string? Members { get; set; }

    /// <summary>What was due before this moment is not made up.</summary>
    public DateTimeOffset DoneUpTo { get; set; }

    /// <summary>Id of a job that is being asked for, so that a panel which is killed meanwhile does not ask twice.</summary>
    public string? PendingJobId { get; set; }

    public DateTimeOffset? LastRun { get; set; }

    public string? LastJobId { get; set; }

    /// <summary>The job of a run whose end is not known yet.</summary>
    public string? FollowedJobId { get; set; }

    public string? LastProblem { get; set; }

    public UnificationSchedule Read() => new(
        IsOn,
        Period,
        Day,
        Hour,
        Scope,
        VServerName.TryParse(Reference, out var reference) ? reference : null,
        Members?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(VServerName.Parse).ToList())
    {
        Method = Method,
    };

    public void Write(UnificationSchedule schedule)
    {
        (IsOn, Period, Day, Hour, Scope, Method) = (schedule.IsOn, schedule.Period, schedule.Day, schedule.Hour, schedule.Scope, schedule.Method);
        Reference = schedule.Reference?.Value;
        Members = schedule.Members is { } members ? string.Join(' ', members.Select(m => m.Value)) : null;
    }
}
