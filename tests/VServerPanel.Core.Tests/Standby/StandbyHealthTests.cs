using VServerPanel.Core.Standby;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Standby;

public class StandbyHealthTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static readonly StandbyInfo s_kept = new() { VServer = VServerName.Parse("shop"), VServerId = Guid.NewGuid(), Role = StandbyRole.Source, Peer = "host2" };

    [Theory]
    [InlineData(60, 30, false)]
    [InlineData(60, 122, false)]
    [InlineData(60, 123, true)]
    [InlineData(1, 4, false)]
    [InlineData(1, 5, true)]
    [InlineData(null, 100_000, false)]
    [InlineData(60, null, false)]
    public void Needs_Behind_OverTwoIntervals(int? interval, int? minutesBehind, bool needs) =>
        Assert.Equal(needs, StandbyHealth.NeedsSomebody(s_kept with { IntervalMinutes = interval, CompleteAsOf = minutesBehind is { } m ? s_now.AddMinutes(-m) : null }, s_now));

    [Fact]
    public void Needs_FailedOrPromoted_AndOfTheSourceOnly()
    {
        var failed = s_kept with { Problem = new ProblemEvent(ProblemCode.Unreachable, "host2 does not answer.") };
        Assert.True(StandbyHealth.NeedsSomebody(failed, s_now));
        Assert.True(StandbyHealth.NeedsSomebody(s_kept with { PromotedAt = s_now }, s_now));
        Assert.False(StandbyHealth.NeedsSomebody(failed with { Role = StandbyRole.Copy }, s_now));
        Assert.False(StandbyHealth.NeedsSomebody(s_kept, s_now));
    }
}
