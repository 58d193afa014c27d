using VServerPanel.Native.Jobs;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

public sealed class OperationRunnerTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    private string Made => _prefix.Directory + "/made";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Run_BodySucceeds_IsJournalledTwiceAndLeavesNoLog()
    {
        OperationRunner.Run(_prefix.Call("web", "build"), new OperationKind("build", s_name), op =>
        {
            op.Step(1, 1, "Making it");
            op.Undo.Before(new RemoveFile(Made));
            File.WriteAllText(Made, "x");
            op.After = "ONBOOT=yes";
            return (null, null);
        });

        Assert.True(File.Exists(Made));
        Assert.Empty(Directory.EnumerateFiles(_prefix.Paths.Undo));
        Assert.Empty(Directory.EnumerateFiles(_prefix.Paths.Locks));
        var journal = _prefix.ReadJournal();
        Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], journal.Select(e => e.Phase));
        Assert.Equal(journal[0].OperationId, journal[1].OperationId);
        Assert.Equal(["vserver", "web", "build"], journal[0].Command);
        Assert.Equal((OperationOutcome.Succeeded, "ONBOOT=yes"), (journal[1].Outcome!.Value, journal[1].After));
        var job = Assert.Single(new JobStore(_prefix.Paths).List());
        Assert.Equal((JobState.Succeeded, journal[0].OperationId), (job.State, job.Id));
        Assert.Equal(job.Id, _prefix.Report.All<HelloEvent>().Single().JobId);
        Assert.IsType<ResultEvent>(_prefix.Report.Events[^1]);
    }

    [Fact]
    public void Run_BodyFails_UndoesInReverseAndSaysWhy()
    {
        var before = _prefix.Snapshot();
        var problem = Assert.Throws<ProblemException>(() => OperationRunner.Run(_prefix.Call("web", "build"), new OperationKind("build", s_name), op =>
        {
            // the second step works on the first one's: only in reverse can both be undone
            op.Undo.Before(new RemoveTree(Made));
            Directory.CreateDirectory(Made);
            op.Undo.Before(new MoveBack(_prefix.Directory + "/moved", Made + "/inner"));
            Directory.CreateDirectory(Made + "/inner");
            Directory.Move(Made + "/inner", _prefix.Directory + "/moved");
            throw new ProblemException(ProblemCode.NoSpace, "No room.");
        }));

        Assert.Equal(ProblemCode.NoSpace, problem.Code);
        Assert.Equal(before, _prefix.Snapshot());
        Assert.Equal(OperationOutcome.Failed, _prefix.ReadJournal()[1].Outcome);
        Assert.Equal(ProblemCode.NoSpace, _prefix.ReadJournal()[1].Problem!.Code);
        Assert.Equal(ProblemCode.NoSpace, Assert.IsType<ProblemEvent>(_prefix.Report.Events[^1]).Code);
        Assert.Equal(JobState.Failed, Assert.Single(new JobStore(_prefix.Paths).List()).State);
    }

    [Fact]
    public void Run_FailsAfterPointOfNoReturn_IsFinished()
    {
        File.WriteAllText(Made, "x");
        Assert.Throws<InvalidOperationException>(() => OperationRunner.Run(_prefix.Call("web", "delete"), new OperationKind("delete", s_name), op =>
        {
            op.Undo.Before(new RestoreContent(Made, [1]));
            op.Undo.CommitThen(new RemoveFile(Made));
            throw new InvalidOperationException();
        }));
        Assert.False(File.Exists(Made));
    }

    [Fact]
    public void Run_UndoFails_IsSaidAndKeptForRecovery()
    {
        // a directory where a file is to be removed: EISDIR, whoever asks
        Assert.Throws<ProblemException>(() => OperationRunner.Run(_prefix.Call("web", "build"), new OperationKind("build", s_name), op =>
        {
            op.Undo.Before(new RemoveFile(Made));
            Directory.CreateDirectory(Made);
            throw new ProblemException(ProblemCode.NoSpace, "No room.");
        }));
        Assert.Contains(_prefix.Report.All<LogEvent>(), l => l.Level == LogEvent.Warning && l.Text.Contains("vserver-jobs recover", StringComparison.Ordinal));
        Assert.Single(Directory.EnumerateFiles(_prefix.Paths.Undo));
    }

    [Fact]
    public void Run_Cancelled_IsUndoneAndCalledCancelled()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => OperationRunner.Run(_prefix.Call("web", "build") with { Cancel = cancel.Token }, new OperationKind("build", s_name), op =>
        {
            op.Undo.Before(new RemoveFile(Made));
            File.WriteAllText(Made, "x");
            cancel.Cancel();
            op.Step(2, 2, "Never begun");
            return (null, null);
        }));
        Assert.False(File.Exists(Made));
        Assert.Equal(OperationOutcome.Cancelled, _prefix.ReadJournal()[1].Outcome);
        Assert.Equal(JobState.Cancelled, Assert.Single(new JobStore(_prefix.Paths).List()).State);
    }

    [Fact]
    public void Run_SameJobIdTwice_IsRefused()
    {
        var call = _prefix.Call("web", "build");
        call = call with { Options = call.Options with { JobId = new string('a', 32) } };
        OperationRunner.Run(call, new OperationKind("build", s_name), _ => (null, null));
        var again = Assert.Throws<ProblemException>(() => OperationRunner.Run(call, new OperationKind("build", s_name), _ => (null, null)));
        Assert.Equal(ProblemCode.AlreadyExists, again.Code);
    }

    [Fact]
    public void Run_VServerIsLocked_IsBusyAndChangesNothing()
    {
        using var held = FileLock.TryAcquire(VServerLocks.PathOf(_prefix.Paths, s_name));
        var kind = new OperationKind("stop", s_name) { Patience = TimeSpan.FromMilliseconds(50) };
        var problem = Assert.Throws<ProblemException>(() => OperationRunner.Run(_prefix.Call("web", "stop"), kind, _ => throw new InvalidOperationException("the body must not run")));
        Assert.Equal(ProblemCode.Busy, problem.Code);
    }

    [Fact]
    public void Run_Afterwards_RunsUnlockedAndItsWordsAreInTheOutput()
    {
        var kind = new OperationKind("build", s_name)
        {
            Afterwards = op =>
            {
                using var free = FileLock.TryAcquire(VServerLocks.PathOf(_prefix.Paths, s_name));
                op.Report.Info(free is null ? "locked" : "free");
            },
        };
        OperationRunner.Run(_prefix.Call("web", "build"), kind, _ => (null, null));
        Assert.Equal("free", Assert.Single(_prefix.Report.All<LogEvent>()).Text);
        Assert.IsType<ResultEvent>(_prefix.Report.Events[^1]);
    }
}
