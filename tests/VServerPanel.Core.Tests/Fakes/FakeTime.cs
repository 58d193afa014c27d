namespace VServerPanel.Core.Tests.Fakes;

/// <summary>A clock that can be put forward; waiting takes a hundredth of the time asked for, so that tests of back-off and polling are short.</summary>
internal sealed class FakeTime : TimeProvider
{
    private TimeSpan _ahead;

    public void Advance(TimeSpan by) => _ahead += by;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + _ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new ShortTimer(System.CreateTimer(callback, state, Short(dueTime), Short(period)));

    private static TimeSpan Short(TimeSpan time) => time > TimeSpan.Zero ? time / 100 : time;

    private sealed class ShortTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Short(dueTime), Short(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
