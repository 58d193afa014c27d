using VServerPanel.Native.Creation;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Trash;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Trash;

public sealed class TrashTests : IDisposable
{
    private static readonly VServerName s_web = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    public TrashTests() => Make(s_web, "# Description: the web\nIPROOT=\"198.51.100.7\"\nONBOOT=yes\n");

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Delete_ByDefault_IsInTheTrashAndComesBackAsItWas()
    {
        var entry = _prefix.Call().Registry.FindOrAdd(s_web);
        File.WriteAllText(_prefix.Paths.HookOf(s_web), "#!/bin/sh\n");
        File.WriteAllText(_prefix.Paths.Log + "/web.console.log.1", "said");
        var before = _prefix.Snapshot();
        var outcome = Delete();

        Assert.False(File.Exists(_prefix.Paths.ConfOf(s_web)));
        Assert.False(Directory.Exists(_prefix.Paths.TreeOf(s_web)));
        Assert.Equal(0, outcome.BytesFreed);
        Assert.InRange(outcome.PurgeAfter!.Value, DateTimeOffset.UtcNow.AddDays(6.9), DateTimeOffset.UtcNow.AddDays(7.1));
        var item = Assert.Single(Items());
        Assert.Equal((outcome.TrashId, s_web, entry.Id, "the web", true, false), (item.Id, item.Name, item.VServerId!.Value, item.Description, item.OnBoot, item.NameIsTaken));
        Assert.Equal(["198.51.100.7"], item.Addresses);
        Assert.True(item.BytesFreed > 0);

        var restored = Restore("web");
        Assert.Contains(restored.Warnings, w => w.Contains("ONBOOT", StringComparison.Ordinal));
        Assert.Equal(entry, _prefix.Call().Registry.Find(s_web));
        Assert.Equal("said", File.ReadAllText(_prefix.Paths.Log + "/web.console.log.1"));
        Assert.Equal(before, _prefix.Snapshot().Where(l => !l.StartsWith("./vservers/.trash", StringComparison.Ordinal) && !l.StartsWith("./var/lib/vservers/trash", StringComparison.Ordinal)));
    }

    [Fact]
    public void Delete_ConfigurationStateAndLogsAreFileSystemsOfTheirOwn_IsInTheTrashAndComesBackAsItWas()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        string[] places = [_prefix.Directory + "/etc", _prefix.Directory + "/var/lib", _prefix.Directory + "/var/log"];
        foreach (var place in places)
        {
            TrialHost.Run("mount", "-t", "tmpfs", "test", place);
        }

        try
        {
            _prefix.Paths.EnsureDirectories();
            Make(s_web, "# Description: the web\nIPROOT=\"198.51.100.7\"\n");
            var entry = _prefix.Call().Registry.FindOrAdd(s_web);
            File.CreateSymbolicLink(_prefix.Paths.HookOf(s_web), "/srv/hook.sh");
            File.SetUnixFileMode(_prefix.Paths.ConfOf(s_web), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(_prefix.Paths.Log + "/web.console.log.1", "said");
            var before = _prefix.Snapshot();
            Delete();
            Assert.False(File.Exists(_prefix.Paths.ConfOf(s_web)));
            Assert.False(File.Exists(_prefix.Paths.Log + "/web.console.log.1"));
            Assert.Equal("the web", Assert.Single(Items()).Description);

            Restore("web");
            Assert.Equal(entry, _prefix.Call().Registry.Find(s_web));
            Assert.Equal("said", File.ReadAllText(_prefix.Paths.Log + "/web.console.log.1"));
            Assert.Equal(before, _prefix.Snapshot().Where(l => !l.StartsWith("./vservers/.trash", StringComparison.Ordinal) && !l.StartsWith("./var/lib/vservers/trash", StringComparison.Ordinal)));
            Delete();
            Trash("purge", "ALL");
            Assert.Empty(Items());
        }
        finally
        {
            foreach (var place in places)
            {
                TrialHost.Run("umount", place);
            }
        }
    }

    [Fact]
    public void Undo_SomethingElseIsInItsPlace_IsToldAndNothingIsLost()
    {
        var (directory, tree) = (_prefix.Paths.Trash + "/.new-1", _prefix.Paths.TrashTrees + "/1");
        Directory.CreateDirectory(directory);
        Directory.CreateDirectory(_prefix.Paths.TrashTrees);
        var owner = new UndoOwner("1", "delete", s_web, new Actor("root"), ["vserver"], DateTimeOffset.UnixEpoch, 0, 1, ProcessIdentity.BootId);
        using (var log = new UndoLog(_prefix.Paths, owner, durable: false))
        {
            var moves = new MoveAllBack(TrashFiles.Of(_prefix.Paths, s_web, directory, tree), IntoTrash: true);
            log.Before(new RemoveTree(directory));
            log.Before(moves);
            moves.Do();
        }

        // an administrator was quicker than the recovery
        Directory.CreateDirectory(_prefix.Paths.TreeOf(s_web));
        var path = Assert.Single(UndoLog.Abandoned(_prefix.Paths)).Path;
        var told = Assert.IsType<ProblemException>(Assert.Single(UndoLog.Recover(_prefix.Paths, path).Failures));
        Assert.Contains(_prefix.Paths.TreeOf(s_web), told.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(directory + "/conf"));

        Directory.Delete(_prefix.Paths.TreeOf(s_web));
        Assert.Empty(UndoLog.Recover(_prefix.Paths, path).Failures);
        Assert.True(File.Exists(_prefix.Paths.TreeOf(s_web) + "/etc/passwd"));
        Assert.Contains("ONBOOT=yes", File.ReadAllText(_prefix.Paths.ConfOf(s_web)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public void Delete_ItsIdRange_StaysTakenUntilItIsPurged()
    {
        var registry = _prefix.Call().Registry;
        var range = registry.FindOrAdd(s_web).IdBase;
        Delete();
        Make(s_web, "");
        Assert.NotEqual(range, registry.FindOrAdd(s_web).IdBase);
        Trash("purge", "ALL");
        Assert.Equal(range, registry.FindOrAdd(VServerName.Parse("next")).IdBase);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_prefix.Paths.Trash));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_prefix.Paths.TrashTrees));
        Assert.True(Directory.Exists(_prefix.Paths.TreeOf(s_web)));
    }

    [Fact]
    public void Restore_NameAndAddressAreTaken_IsRefusedAndComesBackUnderAnother()
    {
        var id = _prefix.Call().Registry.FindOrAdd(s_web).Id;
        Delete();
        Make(s_web, "IPROOT=198.51.100.7\n");
        var item = Assert.Single(Items());
        Assert.True(item.NameIsTaken);
        Assert.Contains("web", Assert.Single(item.AddressClashes), StringComparison.Ordinal);

        var problem = Assert.Throws<ProblemException>(() => Trash("restore", "web"));
        Assert.Equal(ProblemCode.AlreadyExists, problem.Code);
        Assert.Contains("--name", problem.Message, StringComparison.Ordinal);

        var restored = Restore("web", "--name", "old");
        Assert.Contains(restored.Warnings, w => w.Contains("198.51.100.7", StringComparison.Ordinal));
        var entry = _prefix.Call().Registry.Find(VServerName.Parse("old"))!;
        Assert.Equal((id, "old"), (entry.Id, entry.Name.Value));
        Assert.True(File.Exists(_prefix.Paths.TreeOf(VServerName.Parse("old")) + "/etc/passwd"));
    }

    [Fact]
    public void PurgeExpired_OnlyThoseWhoseTimeIsOver_AreGone()
    {
        Delete("--keep", "1");
        var other = VServerName.Parse("other");
        Make(other, "");
        new DeleteVerb().Run(other, ["--confirm", "other", "--keep", "30"], Call());
        PurgeHandler.PurgeExpired(Call() with { Time = new Later(TimeSpan.FromDays(2)) });
        Assert.Equal("other", Assert.Single(Items()).Name.Value);
        Assert.Contains(_prefix.ReadJournal(), e => e is { Operation: "purge", VServer.Value: "web", Outcome: OperationOutcome.Succeeded });
    }

    [Fact]
    public void Delete_DefaultsSayNone_IsGoneForGood()
    {
        File.WriteAllText(BuildDefaults.PathOf(_prefix.Paths), "TRASH_DAYS=0\n");
        Assert.Null(Delete().TrashId);
        Assert.Empty(Items());
        File.WriteAllText(BuildDefaults.PathOf(_prefix.Paths), "TRASH_DAYS=soon\n");
        Make(s_web, "");
        Assert.Equal(ProblemCode.InvalidConfiguration, Assert.Throws<ProblemException>(() => Delete()).Code);
    }

    [Fact]
    public void Delete_RegistryEntryIsDamaged_IsRefusedForTheTrash()
    {
        File.WriteAllText(_prefix.Paths.RegistryOf(s_web), "{");
        Assert.Contains("--now", Assert.Throws<ProblemException>(() => Delete()).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_prefix.Paths.ConfOf(s_web)));
    }

    [Fact]
    public void Require_SeveralOfThatName_AsksForTheId()
    {
        var first = Delete().TrashId!;
        Make(s_web, "");
        Delete();
        Assert.Contains(first, Assert.Throws<ProblemException>(() => Trash("restore", "web")).Message, StringComparison.Ordinal);
        Restore(first);
        Assert.Single(Items());
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => Trash("purge", "../../etc")).Code);
    }

    private Native.Commands.Invocation Call() => _prefix.Call("web", "delete") with { Report = new RecordingReporter() };

    private DeleteOutcome Delete(params string[] options) => Result<DeleteOutcome>(call => new DeleteVerb().Run(s_web, ["--confirm", "web", .. options], call));

    private RestoreOutcome Restore(params string[] words) => Result<RestoreOutcome>(call => new VServerTrashTool().Run(["restore", .. words], call));

    private void Trash(params string[] words) => new VServerTrashTool().Run(words, Call());

    private List<TrashItem> Items()
    {
        var call = Call();
        new VServerTrashTool().Run(["list", "--measure"], call);
        return [.. ((RecordingReporter)call.Report).All<ItemEvent>().Select(i => WireProtocol.FromElement<TrashItem>(i.Data))];
    }

    private T Result<T>(Action<Native.Commands.Invocation> run)
    {
        var call = Call();
        run(call);
        return WireProtocol.FromElement<T>(((RecordingReporter)call.Report).All<ResultEvent>().Single().Data!.Value);
    }

    private void Make(VServerName name, string conf)
    {
        Directory.CreateDirectory(_prefix.Paths.TreeOf(name) + "/etc");
        File.WriteAllText(_prefix.Paths.TreeOf(name) + "/etc/passwd", new string('x', 10_000));
        File.WriteAllText(_prefix.Paths.ConfOf(name), conf);
    }

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
