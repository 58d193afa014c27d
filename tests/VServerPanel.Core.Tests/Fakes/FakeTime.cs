namespace VServerPanel.Core.Tests.Fakes;

/// <summary>A clock that can be put forward; short waits take a hundredth of the time asked for, so that tests of back-off and polling are short.</summary>
internal sealed class FakeTime : TimeProvider
{
    private TimeSpan _ahead;

    /// <summary>Longer waits last as long as they say: a loaded machine must not make a watchdog bark.</summary>
    public TimeSpan LongestShortened { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What longer waits are multiplied by.</summary>
    public int Stretch { get; set; } = 1;

    public void Advance(TimeSpan by) => _ahead += by;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + _ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ShortTimer(this, System.CreateTimer(callback, state, Short(dueTime), Short(period)));

    private TimeSpan Short(TimeSpan time) => time > TimeSpan.Zero && time <= LongestShortened ? time / 100 : time > TimeSpan.Zero ? time * Stretch : time;

    private sealed class ShortTimer(FakeTime time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(time.Short(dueTime), time.Short(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
