using System.Diagnostics;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Jobs;

/// <summary>Jobs of the published command. A build waits for the addresses before its last step, so who holds those decides when it goes on.</summary>
public sealed class DetachedJobTests : IDisposable
{
    // first: where it skips the test, nothing is left behind
    private readonly string _command = HostCommand.Path;
    private readonly PrivatePrefix _prefix = new();
    private FileLock? _held;

    public DetachedJobTests() => _held = FileLock.TryAcquire(_prefix.Paths.Locks + "/.addresses");

    private string Tree => _prefix.Paths.TreeOf(VServerName.Parse("web"));

    public void Dispose()
    {
        _held?.Dispose();
        foreach (var job in List().Where(j => j.State == JobState.Running))
        {
            HostCommand.Run(_prefix, "--as", "vserver-jobs", "cancel", job.Id);
            WaitFor(job.Id, s => s != JobState.Running);
        }

        _prefix.Dispose();
    }

    [Fact]
    public void Detach_LongJob_AnswersAtOnceAndClosesItsStreams()
    {
        var clock = Stopwatch.StartNew();
        var output = Build("--json", "--detach");

        // the output's end was read, so no worker holds it
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        var hello = Assert.IsType<HelloEvent>(output.Events[0]);
        Assert.IsType<ResultEvent>(output.Events[^1]);
        Assert.Equal(2, output.Events.Count);
        Assert.Equal(JobState.Running, Find(hello.JobId!).State);
        Assert.False(Directory.Exists(Tree));
        Release();
        Assert.Equal(JobState.Succeeded, WaitFor(hello.JobId!, s => s != JobState.Running).State);
        Assert.True(Directory.Exists(Tree));
    }

    [Fact]
    public void Follow_FromTheMiddle_TellsAllFromTheBeginningToTheEnd()
    {
        var id = Detach();
        WaitForStep(id, 5);
        using var follower = HostCommand.Start(_prefix, new Dictionary<string, string>(), _command, "--as", "vserver-jobs", "--json", "follow", id);
        var first = follower.StandardOutput.ReadLine();
        Release();
        var rest = follower.StandardOutput.ReadToEnd();
        follower.WaitForExit();
        var events = (first + "\n" + rest).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).ToList();
        Assert.Equal(id, Assert.IsType<HelloEvent>(events[0]).JobId);
        Assert.Equal([1, 2, 3, 4, 5], events.OfType<ProgressEvent>().Select(p => p.Step).Distinct());
        Assert.Single(events, e => e.IsLast);
        Assert.IsType<ResultEvent>(events[^1]);
    }

    [Fact]
    public void Cancel_RunningJob_StopsAndLeavesNothing()
    {
        var before = _prefix.Snapshot();
        var id = Detach();
        WaitForStep(id, 5);
        Assert.Equal(0, HostCommand.Run(_prefix, "--as", "vserver-jobs", "cancel", id).ExitCode);
        Assert.Equal(JobState.Cancelled, WaitFor(id, s => s != JobState.Running).State);
        Assert.Equal(before, _prefix.Snapshot());
        var again = HostCommand.Run(_prefix, "--as", "vserver-jobs", "cancel", id, "--json");
        Assert.Equal(ProblemCode.NotRunning, again.Problem.Code);
    }

    [Fact]
    public void Detach_CallerIsKilledWithItsProcessGroup_GoesOn()
    {
        // as a panel that is killed, or a terminal that goes away
        using var caller = HostCommand.Start(_prefix, new Dictionary<string, string>(), "setsid", "sh", "-c", "\"$@\"; echo done; exec sleep 600", "sh", _command, "web", "build", "--method", "skeleton", "--detach", "--json");
        string? id = null;
        for (string? line; id is null && (line = caller.StandardOutput.ReadLine()) is not null and not "done";)
        {
            id = (WireProtocol.Read(line) as HelloEvent)?.JobId;
        }

        Assert.NotNull(id);
        using (var kill = HostCommand.Start(_prefix, new Dictionary<string, string>(), "kill", "-KILL", "--", $"-{caller.Id}"))
        {
            kill.WaitForExit();
        }

        caller.WaitForExit();
        Assert.Equal(JobState.Running, Find(id).State);
        Release();
        Assert.Equal(JobState.Succeeded, WaitFor(id, s => s != JobState.Running).State);
    }

    [Fact]
    public void Detach_StreamsAreClosed_Works()
    {
        using var caller = HostCommand.Start(_prefix, new Dictionary<string, string>(), "sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh", _command, "web", "build", "--method", "skeleton", "--detach");
        caller.WaitForExit();
        Release();
        Assert.Equal(JobState.Succeeded, WaitFor(Assert.Single(List()).Id, s => s != JobState.Running).State);
    }

    [Fact]
    public void Detach_ByAnotherName_RunsTheSameTool()
    {
        var link = _prefix.Directory + "/newvserver";
        File.CreateSymbolicLink(link, _command);
        using var caller = HostCommand.Start(_prefix, new Dictionary<string, string>(), link, "--name", "web", "--method", "skeleton", "--detach", "--json", "--desc", "with blanks; and $signs");
        var id = ((HelloEvent)WireProtocol.Read(caller.StandardOutput.ReadLine()!)).JobId!;
        caller.WaitForExit();
        Release();
        Assert.Equal(JobState.Succeeded, WaitFor(id, s => s != JobState.Running).State);
        Assert.Contains("with blanks; and $signs", File.ReadAllText(_prefix.Paths.ConfOf(VServerName.Parse("web"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Detach_BySudo_KeepsWhoAsked()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/sudo"), "sudo is not installed");
        using var caller = HostCommand.Start(_prefix, new Dictionary<string, string>(), "/usr/bin/sudo", "-n", $"VSERVER_PREFIX={_prefix.Directory}", _command, "web", "build", "--method", "skeleton", "--detach", "--json", "--actor-user", "anna", "--actor-address", "192.0.2.7");
        var first = caller.StandardOutput.ReadLine();
        caller.WaitForExit();
        Assert.SkipUnless(first is not null, $"sudo does not run here: {caller.StandardError.ReadToEnd()}");
        var id = ((HelloEvent)WireProtocol.Read(first!)).JobId!;
        Release();
        WaitFor(id, s => s != JobState.Running);
        Assert.All(_prefix.ReadJournal(), e => Assert.Equal(("root", "anna", "192.0.2.7"), (e.Actor.SudoUser, e.Actor.PanelUser, e.Actor.Address)));
        Assert.DoesNotContain(_prefix.ReadJournal(), e => e.Command.Contains("--job-worker"));
    }

    [Fact]
    public void Kill_WorkerIsGone_IsInterruptedThenRolledBackOnce()
    {
        var before = _prefix.Snapshot().Where(l => !l.Contains("/.addresses ", StringComparison.Ordinal)).ToList();
        var id = Detach();
        WaitForStep(id, 5);
        using (var worker = Process.GetProcessById(Find(id).ProcessId!.Value))
        {
            worker.Kill();
        }

        Assert.Equal(JobState.Interrupted, WaitFor(id, s => s != JobState.Running).State);
        var follow = HostCommand.Run(_prefix, "--as", "vserver-jobs", "--json", "follow", id);
        Assert.Equal(ProblemCode.Terminated, follow.Problem.Code);
        Release();
        Assert.Equal(0, HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover").ExitCode);
        Assert.Equal(JobState.RolledBack, Find(id).State);
        Assert.Equal(before, _prefix.Snapshot());
        HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover");
        Assert.Equal([OperationOutcome.RolledBack], _prefix.ReadJournal().Where(e => e.Phase == JournalPhase.Ended).Select(e => e.Outcome!.Value));
    }

    [Fact]
    public void Detach_SameIdTwice_IsRefused()
    {
        var id = Detach();
        var again = HostCommand.Run(_prefix, "other", "build", "--method", "skeleton", "--detach", "--json", "--job", id);
        Assert.Equal(ProblemCode.AlreadyExists, again.Problem.Code);
    }

    [Fact]
    public void Build_OfAVServerThatIsBeingBuilt_IsBusy()
    {
        Detach();
        var again = HostCommand.Run(_prefix, "web", "build", "--method", "skeleton", "--json");
        Assert.Equal(ProblemCode.Busy, again.Problem.Code);
    }

    private CommandOutput Build(params string[] more) => HostCommand.Run(_prefix, ["web", "build", "--method", "skeleton", .. more]);

    private string Detach() => ((HelloEvent)Build("--json", "--detach").Events[0]).JobId!;

    private void Release()
    {
        _held?.Dispose();
        _held = null;
    }

    private List<JobInfo> List() =>
        [.. HostCommand.Run(_prefix, "--as", "vserver-jobs", "--json", "list").Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<JobInfo>(i.Data))];

    private JobInfo Find(string id) => HostCommand.Run(_prefix, "--as", "vserver-jobs", "--json", "show", id).Result<JobInfo>();

    private void WaitForStep(string id, int step) => Wait(() => Find(id).Progress?.Step == step);

    private JobInfo WaitFor(string id, Func<JobState, bool> state)
    {
        Wait(() => state(Find(id).State));
        return Find(id);
    }

    private static void Wait(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that within a minute");
            Thread.Sleep(20);
        }
    }
}
