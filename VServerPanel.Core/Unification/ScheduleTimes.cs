namespace VServerPanel.Core.Unification;

/// <summary>When a schedule is due. Pure.</summary>
internal static class ScheduleTimes
{
    /// <summary>The last moment at or before <paramref name="now"/> at which it was due.</summary>
    public static DateTimeOffset Last(UnificationSchedule schedule, DateTimeOffset now, TimeZoneInfo zone)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime).AddDays(1);
        while (!IsOn(schedule, day) || At(schedule, day, zone) > now)
        {
            day = day.AddDays(-1);
        }

        return At(schedule, day, zone);
    }

    /// <summary>The first moment after <paramref name="now"/> at which it is due.</summary>
    public static DateTimeOffset Next(UnificationSchedule schedule, DateTimeOffset now, TimeZoneInfo zone)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime).AddDays(-1);
        while (!IsOn(schedule, day) || At(schedule, day, zone) <= now)
        {
            day = day.AddDays(1);
        }

        return At(schedule, day, zone);
    }

    private static bool IsOn(UnificationSchedule schedule, DateOnly day) => schedule.Period is SchedulePeriod.Daily || day.DayOfWeek == schedule.Day;

    // an hour that is left out when clocks are put forward is the one after it; of one that comes twice it is the second
    private static DateTimeOffset At(UnificationSchedule schedule, DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(new TimeOnly(schedule.Hour, 0));
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
