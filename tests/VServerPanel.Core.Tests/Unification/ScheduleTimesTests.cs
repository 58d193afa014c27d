using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Unification;

public class ScheduleTimesTests
{
    private static readonly TimeZoneInfo s_berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData(SchedulePeriod.Daily, 4, "2026-11-23T10:00Z", "2026-11-23T03:00Z", "2026-11-24T03:00Z")]
    [InlineData(SchedulePeriod.Daily, 4, "2026-11-23T02:59Z", "2026-11-22T03:00Z", "2026-11-23T03:00Z")]
    [InlineData(SchedulePeriod.Daily, 4, "2026-11-23T03:00Z", "2026-11-23T03:00Z", "2026-11-24T03:00Z")]
    [InlineData(SchedulePeriod.Daily, 0, "2026-11-22T23:30Z", "2026-11-22T23:00Z", "2026-11-23T23:00Z")]
    [InlineData(SchedulePeriod.Weekly, 4, "2026-11-23T10:00Z", "2026-11-22T03:00Z", "2026-11-29T03:00Z")]
    [InlineData(SchedulePeriod.Weekly, 4, "2026-11-22T02:00Z", "2026-11-15T03:00Z", "2026-11-22T03:00Z")]
    // clocks are put forward at 02:00 of 2026-03-29: that hour is left out
    [InlineData(SchedulePeriod.Daily, 2, "2026-03-29T00:30Z", "2026-03-28T01:00Z", "2026-03-29T01:00Z")]
    // and back at 03:00 of 2026-10-25: 02:00 comes twice, and it is due once
    [InlineData(SchedulePeriod.Daily, 2, "2026-10-25T00:30Z", "2026-10-24T00:00Z", "2026-10-25T01:00Z")]
    [InlineData(SchedulePeriod.Daily, 2, "2026-10-25T01:30Z", "2026-10-25T01:00Z", "2026-10-26T01:00Z")]
    public void LastAndNext_AreInTheZonesTime(SchedulePeriod period, int hour, string now, string last, string next)
    {
        var schedule = new UnificationSchedule(true, period, DayOfWeek.Sunday, hour, UnificationScope.Package, VServerName.Parse("web1"), null);
        Assert.Equal(Time(last), ScheduleTimes.Last(schedule, Time(now), s_berlin));
        Assert.Equal(Time(next), ScheduleTimes.Next(schedule, Time(now), s_berlin));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
