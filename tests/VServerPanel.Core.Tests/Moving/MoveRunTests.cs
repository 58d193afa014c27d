using VServerPanel.Core.Moving;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public class MoveRunTests
{
    [Fact]
    public void Run_FirstPass_TellsPartAndRest_LaterOnesDoNot()
    {
        var run = MoveRun.Of(Job("move"))!;
        Assert.Null(run.Last);
        run.Take(new ProgressEvent(1, 7, "Checking both hosts"));
        Assert.Null(run.Last);

        // a sparse file is more than it takes
        run.Take(Progress(MovePhase.Copying, 1, bytes: 500, total: 400, eta: 3));
        Assert.Equal((100, TimeSpan.FromSeconds(3), false), (run.Percent, run.Left, run.IsSecondPass));
        run.Take(Progress(MovePhase.Copying, 2, bytes: 5, total: 400, eta: 3));
        Assert.Equal((null, null, true), (run.Percent, run.Left, run.IsSecondPass));
        Assert.False(run.HasStopped);
        run.Take(Progress(MovePhase.Stopping, 0, 0, 400, null));
        run.Take(Progress(MovePhase.LastPass, 3, 5, 400, 3));
        Assert.Equal((null, null, true), (run.Percent, run.Left, run.HasStopped));
    }

    [Theory]
    [InlineData("move", true)]
    [InlineData("move-resume", true)]
    [InlineData("move-take-back", false)]
    [InlineData("start", false)]
    public void Of_OtherJobs_IsNone(string operation, bool isMove) => Assert.Equal(isMove, MoveRun.Of(Job(operation)) is not null);

    [Fact]
    public void Deal_EachGoesWhereMostRoomIsLeft()
    {
        Assert.Equal([0, 1, 1, 0], MoveSpread.Deal([50, 30, 20, 20], [100, 90]));
        Assert.Equal([0, 0, 0], MoveSpread.Deal([null, null, 5], [1]));

        // what is not known counts as the others do
        Assert.Equal([0, 1, 0], MoveSpread.Deal([10, null, 10], [100, 95]));
    }

    private static ItemEvent Progress(MovePhase phase, int pass, long bytes, long? total, long? eta) =>
        FakeHost.Item(ItemKinds.MoveProgress, new MoveProgress("1", phase, pass, bytes, total, 1000, eta));

    private static JobInfo Job(string operation) => new()
    {
        Id = new string('a', 32),
        Operation = operation,
        Actor = new Actor("root"),
        Command = ["vserver"],
        State = JobState.Running,
        StartedAt = DateTimeOffset.UnixEpoch,
    };
}
