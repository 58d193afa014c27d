using System.Text;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

public sealed class RecoveryTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void RunAll_OneCannotBeRecovered_OthersAreAndItIsTold()
    {
        // a file in a place that is no directory cannot be written
        File.WriteAllText(_prefix.Directory + "/file", "");
        var stuck = Abandon("stuck", log => log.Before(new RestoreContent(_prefix.Directory + "/file/below", [])));
        var made = _prefix.Directory + "/made";
        File.WriteAllText(made, "");
        File.WriteAllText(_prefix.Paths.RegistryOf(VServerName.Parse("web")), "damaged");
        Abandon("web", log => log.Before(new RemoveFile(made)));

        Assert.Equal((1, 1), Recovery.RunAll(_prefix.Call("recover")));
        Assert.False(File.Exists(made));
        Assert.True(UndoLog.Exists(_prefix.Paths, stuck));
        Assert.Contains(_prefix.Report.All<LogEvent>(), e => e.Text.Contains("of stuck was cut off", StringComparison.Ordinal));
    }

    [Fact]
    public void Boot_OneCannotBeRecovered_ExitCodeTellsAndOthersAreTried()
    {
        File.WriteAllText(_prefix.Directory + "/file", "");
        Abandon("stuck", log => log.Before(new RestoreContent(_prefix.Directory + "/file/below", [])));
        File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse("web")), "ONBOOT=yes\n");
        Assert.Equal(1, new VServerBootTool().Run(["start"], _prefix.Call("boot")));
        Assert.Contains(_prefix.Report.All<LogEvent>(), e => e.Text == "web: start");
    }

    [Fact]
    public void Finish_OneFails_NothingAfterItIsDoneAndNothingBeforeItTwice()
    {
        var file = _prefix.Directory + "/file";
        File.WriteAllText(file, "");
        var first = _prefix.Directory + "/first";
        var last = _prefix.Directory + "/last";
        File.WriteAllText(last, "");
        var id = Abandon("web", log =>
        {
            log.CommitThen(new RestoreContent(first, Encoding.UTF8.GetBytes("1")), new RestoreContent(file + "/below", []), new RemoveFile(last));
            Assert.ThrowsAny<Exception>(log.Complete);
            File.Delete(first);
            Assert.Single(log.Abort());
        });
        Assert.True(File.Exists(last));
        Assert.False(File.Exists(first));

        // the crash cut off a line, and recovery writes over it
        var path = $"{_prefix.Paths.Undo}/{id}.jsonl";
        File.AppendAllText(path, "{\"finis");
        Assert.Single(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.True(File.Exists(last));

        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Empty(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.False(File.Exists(last));
        Assert.False(File.Exists(first));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Lock_OfOneThatWasChangedAsWell_UndoesItFirst()
    {
        var file = _prefix.Directory + "/left";
        File.WriteAllText(file, "");
        var b = VServerName.Parse("b");
        Abandon("a", log => log.Before(new RemoveFile(file)), [b]);
        OperationRunner.Lock(_prefix.Call("stop"), new OperationKind("stop", VServerName.Parse("c"))).Dispose();
        Assert.True(File.Exists(file));
        Assert.Equal(["a"], Recovery.OtherNames(_prefix.Paths, [b]).Select(v => v.Value));
        OperationRunner.Lock(_prefix.Call("stop"), new OperationKind("stop", b)).Dispose();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void Lock_OfOneThatIsOnlyRead_UndoesWhatWasCutOffOnIt()
    {
        var file = _prefix.Directory + "/left";
        File.WriteAllText(file, "");
        Abandon("a", log => log.Before(new RemoveFile(file)));
        OperationRunner.Lock(_prefix.Call("build"), new OperationKind("build", VServerName.Parse("b")) { AlsoLocked = [VServerName.Parse("a")] }).Dispose();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void Undo_OneFails_NothingBeforeItInTheLogIsUndoneAndNothingAfterItTwice()
    {
        var file = _prefix.Directory + "/file";
        File.WriteAllText(file, "");
        var last = _prefix.Directory + "/last";
        var first = _prefix.Directory + "/first";
        File.WriteAllText(first, "");
        var id = Abandon("web", log =>
        {
            log.Before(new RemoveFile(first));
            log.Before(new RestoreContent(file + "/below", []));
            log.Before(new RestoreContent(last, Encoding.UTF8.GetBytes("1")));
            Assert.Single(log.Abort());
        });
        Assert.Equal("1", File.ReadAllText(last));
        Assert.True(File.Exists(first));
        Assert.True(UndoLog.Exists(_prefix.Paths, id));

        // by hand, between two tries
        File.WriteAllText(last, "2");
        var path = $"{_prefix.Paths.Undo}/{id}.jsonl";
        Assert.Single(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.True(File.Exists(first));

        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Empty(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.False(File.Exists(first));
        Assert.Equal("2", File.ReadAllText(last));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Undo_OneFails_SharedFilesAreProtectedAllTheSame()
    {
        File.WriteAllText(_prefix.Directory + "/file", "");
        using var image = LoopImage.Mount("ext4", _prefix.Paths.VServers, 64);
        var tree = Directory.CreateDirectory(_prefix.Paths.VServers + "/web").FullName;
        File.WriteAllText(tree + "/shared", "x");
        TrialHost.Run("ln", tree + "/shared", tree + "/again");
        using var file = Libc.open(tree + "/shared", Libc.O_RDONLY);
        SharedMark.Set((int)file.DangerousGetHandle(), Libc.fstatx(file), isImmutable: true);
        var id = Abandon("web", log =>
        {
            log.Before(new FreezeShared([tree]));
            log.Before(new RestoreContent(_prefix.Directory + "/file/below", []));
        });
        try
        {
            Assert.Single(UndoLog.Recover(_prefix.Paths, $"{_prefix.Paths.Undo}/{id}.jsonl").Failures);
            Assert.NotEqual(0u, (uint)(Libc.fstatx(file).Attributes & Libc.STATX_ATTR_IMMUTABLE));
        }
        finally
        {
            TrialHost.Run("chattr", "-R", "-i", tree);
        }
    }

    private string Abandon(string name, Action<UndoLog> work, IReadOnlyList<VServerName>? others = null)
    {
        // no process has pid 0
        var owner = new UndoOwner(Guid.NewGuid().ToString("n"), "start", VServerName.Parse(name), new Actor("root"), ["vserver"], DateTimeOffset.UnixEpoch, 0, 1, ProcessIdentity.BootId) { Others = others };
        using var log = new UndoLog(_prefix.Paths, owner, durable: false);
        work(log);
        return owner.OperationId;
    }
}
