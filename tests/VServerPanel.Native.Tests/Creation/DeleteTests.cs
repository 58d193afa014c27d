using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Trash;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

public sealed class DeleteTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    public DeleteTests()
    {
        Directory.CreateDirectory(_prefix.Paths.TreeOf(s_name) + "/mnt/a b");
        File.WriteAllText(_prefix.Paths.ConfOf(s_name), "ONBOOT=no\n");
    }

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Delete_SomethingIsMountedInTheTree_IsRefusedAndNothingIsGone()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        var mount = _prefix.Paths.TreeOf(s_name) + "/mnt/a b";
        new ChildProcess { Program = "mount", Arguments = ["-t", "tmpfs", "test", mount] }.Run();
        try
        {
            var problem = Assert.Throws<ProblemException>(Delete);
            Assert.Equal(ProblemCode.Busy, problem.Code);
            Assert.Contains(mount, problem.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(_prefix.Paths.ConfOf(s_name)));
            Assert.Single(new DeleteHandler(_prefix.Call("web", "delete"), s_name, TrashTerm.Now).Plan().Problems);
        }
        finally
        {
            _ = Libc.umount2(mount, Libc.MNT_DETACH);
        }

        Delete();
        Assert.False(Directory.Exists(_prefix.Paths.TreeOf(s_name)));
    }

    [Fact]
    public void Delete_ConsoleLogs_OnlyItsOwnAreGone()
    {
        foreach (var file in (string[])["web.console.log", "web.console.log.1", "web.console.log.tmp", "web.console.log.x.console.log", "web.log", "web2.console.log", "journal.jsonl"])
        {
            File.WriteAllText($"{_prefix.Paths.Log}/{file}", "");
        }

        Delete();
        Assert.Equal(
            ["journal.jsonl", "web.console.log.x.console.log", "web.log", "web2.console.log"],
            Directory.EnumerateFiles(_prefix.Paths.Log).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Delete_RegistryEntryIsDamaged_IsGoneAll()
    {
        File.WriteAllText(_prefix.Paths.RegistryOf(s_name), "{");
        Delete();
        Assert.False(File.Exists(_prefix.Paths.RegistryOf(s_name)));
        Assert.Equal(5, Assert.Throws<ProblemException>(Delete).ExitCode);
    }

    [Fact]
    public void FindOrAdd_AnothersEntryIsDamaged_NoRangeIsGivenAndDeletingIsTheWayOut()
    {
        var registry = _prefix.Call().Registry;
        var known = registry.FindOrAdd(VServerName.Parse("known"));
        File.WriteAllText(_prefix.Paths.RegistryOf(s_name), "null");
        Assert.Equal(known, registry.FindOrAdd(known.Name));
        var problem = Assert.Throws<ProblemException>(() => registry.FindOrAdd(VServerName.Parse("new")));
        Assert.Contains("vserver web delete --confirm web", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(registry.FaultOfRanges());
        Delete();
        Assert.Null(registry.FaultOfRanges());
        registry.FindOrAdd(VServerName.Parse("new"));
    }

    [Fact]
    public void AddIfExists_ConfFileIsGone_MakesNoEntry()
    {
        Assert.Null(_prefix.Call().Registry.AddIfExists(VServerName.Parse("gone")));
        Assert.False(File.Exists(_prefix.Paths.RegistryOf(VServerName.Parse("gone"))));
        Assert.NotNull(_prefix.Call().Registry.AddIfExists(s_name));
    }

    private void Delete() => new DeleteVerb().Run(s_name, ["--confirm", "web", "--now"], _prefix.Call("web", "delete") with { Report = new RecordingReporter() });
}
