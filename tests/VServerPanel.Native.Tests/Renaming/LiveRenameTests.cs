using VServerPanel.Native.Hosts;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Renaming;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Renaming;

/// <summary>Renaming a vserver that runs: it goes on, and everything that is done with it later finds it.</summary>
[Collection(RealHost.Name)]
public sealed class LiveRenameTests : IDisposable
{
    private static readonly VServerName s_old = VServerName.Parse("alpha");
    private static readonly VServerName s_new = VServerName.Parse("beta");

    private readonly TrialHost _host = new();

    public LiveRenameTests() => _host.MayBeCalled("beta");

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Rename_Running_GoesOnAndIsFoundByItsNewName()
    {
        _host.Add("alpha", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        using (var running = new RunningVServer(_host, s_old))
        {
            var id = new VServerRegistry(_host.Paths, TimeProvider.System).Find(s_old)!.Id;
            var context = File.ReadAllText(_host.Paths.ContextOf(s_old));
            _host.Expect("alpha", "rename", "beta");

            running.AssertRunsAs(s_new);
            Assert.Equal(context, File.ReadAllText(_host.Paths.ContextOf(s_new)));
            Assert.Equal(id, new VServerRegistry(_host.Paths, TimeProvider.System).Find(s_new)!.Id);
            Assert.Equal(5, _host.VServer("alpha", "status").ExitCode);
            Assert.Contains(_host.Expect("--as", "vps", "ax").Split('\n'), l => l.Contains("beta", StringComparison.Ordinal) && l.Contains("nc -ll", StringComparison.Ordinal));
            Assert.DoesNotContain("alpha", _host.Expect("--as", "vserver-stat"), StringComparison.Ordinal);

            // one of the old name is another
            _host.Add("alpha", hasInit: false);
            _host.Expect("alpha", "start");
            Assert.NotEqual(context, File.ReadAllText(_host.Paths.ContextOf(s_old)));
            Assert.Contains("nc -ll", _host.Expect("beta", "exec", "ps"), StringComparison.Ordinal);
            Assert.DoesNotContain("nc -ll", _host.Expect("alpha", "exec", "ps"), StringComparison.Ordinal);
            _host.Expect("alpha", "stop");
            _host.Expect("alpha", "delete", "--confirm", "alpha", "--now");

            _host.Expect("beta", "rename", "alpha");
            running.AssertRunsAs(s_old);
            _host.Expect("alpha", "rename", "beta");
        }

        _host.Expect("beta", "restart");
        _host.Expect("beta", "exec", "true");
        _host.Expect("beta", "stop");
        Assert.Equal(3, _host.VServer("beta", "status").ExitCode);
        KernelCensus.AssertSame(before with { Files = before.Files.Replace("alpha.conf", "beta.conf", StringComparison.Ordinal) }, _host.Prefix);
    }

    [Fact]
    public void Guest_EndsAfterARename_IsSeenToByItsNewName()
    {
        var diary = _host.Prefix.Directory + "/diary";
        _host.Add("alpha", hook: $"echo $1 $2 >> {diary}\n");
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "rename", "beta");
        _host.Expect("beta", "exec", "reboot", "-f");
        TrialHost.Eventually(() => HasEnded("reboot"), "the reboot on record");
        Assert.Equal(OperationOutcome.Succeeded, _host.Prefix.ReadJournal().Last(e => e is { Operation: "reboot", Phase: JournalPhase.Ended }).Outcome);
        _host.Expect("beta", "exec", "true");
        Assert.Contains("says hello", _host.Expect("beta", "log"), StringComparison.Ordinal);
        _host.Expect("beta", "exec", "poweroff", "-f");
        TrialHost.Eventually(() => HasEnded("halt"), "the halt on record");
        Assert.Equal(3, _host.VServer("beta", "status").ExitCode);
        Assert.Equal(["pre-start alpha", "post-start alpha", "post-stop beta", "pre-start beta", "post-start beta", "post-stop beta"], File.ReadAllLines(diary));
        Assert.Null(new FileInfo(Native.Isolation.Monitor.ConsoleLogOf(_host.Paths, s_new)).LinkTarget);
        Assert.Contains("says hello", _host.Expect("beta", "log"), StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_EndsWhileItIsRenamed_IsClearedUnderItsNewName()
    {
        _host.Add("alpha");
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        using (FileLock.Acquire(VServerLocks.PathOf(_host.Paths, s_old), TimeSpan.FromSeconds(10), "alpha"))
        {
            _host.Expect("alpha", "exec", "poweroff", "-f");
            TrialHost.Eventually(() => new RunStateStore(_host.Paths).Find(s_old) is { IsAlive: false }, "its end");

            // who is called by the monitor waits for the lock by now, under the old name
            TrialHost.Eventually(() => Directory.EnumerateDirectories("/proc").Any(d => IsFinishing(d)), "its end being seen to");
            new CopyRegistryEntry(s_old, s_new).Run(_host.Paths);
            Directory.Move(_host.Paths.TreeOf(s_old), _host.Paths.TreeOf(s_new));
            new TakeName(s_old, s_new).Run(_host.Paths);
            File.Delete(_host.Paths.RegistryOf(s_old));
        }

        TrialHost.Eventually(() => HasEnded("halt"), "the halt on record");
        Assert.Equal(s_new, _host.Prefix.ReadJournal().Last(e => e.Operation == "halt").VServer);
        KernelCensus.AssertSame(before with { Files = before.Files.Replace("alpha.conf", "beta.conf", StringComparison.Ordinal) }, _host.Prefix);
    }

    [Fact]
    public void Rename_StartedByAnEarlierVersion_IsRefusedWithWhatToDo()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var (link, directory) = (_host.Paths.RunDirectoryOf(s_old), _host.Paths.DirectoryOf(_host.Paths.HandleOf(s_old)));
        File.Delete(link);
        Directory.Move(directory, link);
        try
        {
            var problem = _host.VServer("--json", "alpha", "rename", "beta").Problem;
            Assert.Equal(ProblemCode.AlreadyRunning, problem.Code);
            Assert.Contains("'vserver alpha restart'", problem.Message, StringComparison.Ordinal);
            Assert.True(Directory.Exists(_host.Paths.TreeOf(s_old)));
        }
        finally
        {
            Directory.Move(link, directory);
            File.CreateSymbolicLink(link, Path.GetRelativePath(_host.Paths.Run, directory));
        }
    }

    [Fact]
    public void Plan_Running_ListsWhatItHasInRunToo()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
        var plan = _host.VServer("--json", "--plan", "alpha", "rename", "beta").Result<OperationPlan>();
        Assert.Empty(plan.Problems);
        Assert.Contains(plan.Steps, s => s.Title.Contains("alpha.ctx", StringComparison.Ordinal));
        Assert.Contains(plan.Warnings, w => w.Contains("goes on", StringComparison.Ordinal));
    }

    private bool HasEnded(string operation) => _host.Prefix.ReadJournal().Any(e => e.Operation == operation && e.Phase == JournalPhase.Ended);

    private bool IsFinishing(string process)
    {
        try
        {
            var words = File.ReadAllText(process + "/cmdline");
            return words.Contains("vserver-exited", StringComparison.Ordinal) && words.Contains("--finish", StringComparison.Ordinal) && words.Contains(HostPaths.ContainerOf(_host.Paths.HandleOf(s_old)), StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
