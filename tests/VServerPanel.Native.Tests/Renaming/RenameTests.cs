using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Renaming;

public sealed class RenameTests : IDisposable
{
    private static readonly VServerName s_old = VServerName.Parse("old");
    private static readonly VServerName s_new = VServerName.Parse("new");

    private readonly PrivatePrefix _prefix = new();

    public RenameTests() => Assert.Equal(0, HostCommand.Run(_prefix, "old", "build", "--method", "skeleton", "--hostname", "old.example.org").ExitCode);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Rename_Stopped_NothingIsLeftUnderTheOldNameAndItsIdStays()
    {
        var call = _prefix.Call("vserver");
        var before = call.Registry.Find(s_old)!;
        var conf = File.ReadAllText(_prefix.Paths.ConfOf(s_old));
        File.WriteAllText(_prefix.Paths.TreeOf(s_old) + "/etc/marker", "x");
        File.WriteAllText(_prefix.Paths.HookOf(s_old), "#!/bin/sh\n");
        File.WriteAllText(_prefix.Paths.Log + "/old.console.log", "now\n");
        File.WriteAllText(_prefix.Paths.Log + "/old.console.log.1", "before\n");
        File.WriteAllText(_prefix.Paths.Log + "/old.console.log.tmp", "being written\n");
        Assert.Equal(0, HostCommand.Run(_prefix, "old", "rename", "new").ExitCode);

        Assert.Equal(before with { Name = s_new }, call.Registry.Find(s_new));
        Assert.Equal(conf, File.ReadAllText(_prefix.Paths.ConfOf(s_new)));
        Assert.True(File.Exists(_prefix.Paths.TreeOf(s_new) + "/etc/marker"));
        Assert.True(File.Exists(_prefix.Paths.HookOf(s_new)));
        Assert.Equal("before\n", File.ReadAllText(_prefix.Paths.Log + "/new.console.log.1"));
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(_prefix.Directory, "old*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }),
            p => !p.StartsWith(_prefix.Paths.TreeOf(s_new), StringComparison.Ordinal));
        var ended = _prefix.ReadJournal().Last(e => e.Phase == JournalPhase.Ended);
        Assert.Equal(("rename", OperationOutcome.Succeeded, before.Id), (ended.Operation, ended.Outcome, ended.VServerId));
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("conf")]
    [InlineData("hook")]
    [InlineData("registry")]
    public void Rename_NewNameIsTaken_IsRefusedAndNothingHasMoved(string by)
    {
        var taken = by switch
        {
            "tree" => _prefix.Paths.TreeOf(s_new),
            "conf" => _prefix.Paths.ConfOf(s_new),
            "hook" => _prefix.Paths.HookOf(s_new),
            _ => _prefix.Paths.RegistryOf(s_new),
        };
        File.WriteAllText(taken, "");
        var before = _prefix.Snapshot();
        var output = HostCommand.Run(_prefix, "old", "rename", "new");
        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains(taken, output.Error, StringComparison.Ordinal);
        Assert.Equal(before, _prefix.Snapshot());
    }

    [Theory]
    [InlineData("old")]
    [InlineData("../x")]
    [InlineData("a b")]
    public void Rename_NameThatCannotBe_IsRefused(string word)
    {
        var output = HostCommand.Run(_prefix, "old", "rename", word);
        Assert.NotEqual(0, output.ExitCode);
        Assert.True(Directory.Exists(_prefix.Paths.TreeOf(s_old)));
    }

    [Fact]
    public void Rename_CutOffWhereItMayBeUndone_NobodyGetsItsIds()
    {
        var call = _prefix.Call("vserver");
        var (id, range) = (call.Registry.Find(s_old)!.Id, call.Registry.Find(s_old)!.IdBase);
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 100);
            var output = HostCommand.Run(_prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = $"{point}" }, "old", "rename", "new");
            Assert.True(output.WasKilled, output.Error);
            if (!File.Exists(_prefix.Paths.ConfOf(s_old)))
            {
                return;
            }

            // whoever makes one of that name now has one of his own, or is refused
            if (HostCommand.Run(_prefix, "new", "build", "--method", "skeleton").ExitCode == 0)
            {
                Assert.NotEqual(id, call.Registry.Find(s_new)!.Id);
                Assert.NotEqual(range, call.Registry.Find(s_new)!.IdBase);
                Assert.Equal(0, HostCommand.Run(_prefix, "new", "delete", "--confirm", "new").ExitCode);
            }

            HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover");
            if (call.Registry.Find(s_new)?.Id == id)
            {
                Assert.False(File.Exists(_prefix.Paths.RegistryOf(s_old)));
                Assert.Equal(0, HostCommand.Run(_prefix, "new", "rename", "old").ExitCode);
            }

            Assert.Equal(id, call.Registry.Find(s_old)!.Id);
        }
    }

    [Fact]
    public void Rename_LeftoversOfARun_AreNotThrownAway()
    {
        Directory.CreateDirectory(_prefix.Paths.RunDirectoryOf(s_old));
        var output = HostCommand.Run(_prefix, "old", "rename", "new");
        Assert.Contains("'vserver old stop' clears it up", output.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(_prefix.Paths.RunDirectoryOf(s_old)));
    }

    [Fact]
    public void Rename_OthersWereUnifiedWithIt_KnowItsNewName()
    {
        var call = _prefix.Call("vserver");
        var other = VServerName.Parse("other");
        Assert.Equal(0, HostCommand.Run(_prefix, "other", "build", "--method", "skeleton").ExitCode);
        new UnificationState { At = DateTimeOffset.UnixEpoch, With = [s_old], Reference = s_old, Method = SharingMethod.Reflink, Scope = UnificationScope.Content, FilesShared = 1, BytesShared = 1 }
            .Save(_prefix.Paths, call.Registry, other);
        Assert.Equal(0, HostCommand.Run(_prefix, "old", "rename", "new").ExitCode);
        var state = UnificationState.Find(_prefix.Paths, call.Registry, other)!;
        Assert.Equal((s_new, s_new), (state.Reference, state.With.Single()));
    }
}
