using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Packages;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>By content, too: configuration files of rpm's packages are each vserver's own, wherever they lie, and where a guest cannot tell which they are, nothing of it is shared.</summary>
[Collection(RealHost.Name)]
public sealed class RpmConfigurationTests : IDisposable
{
    private const string Tool = "usr/bin/tool";
    private const string Settings = "opt/x/tool.conf";

    private static readonly string s_lines = string.Concat(Enumerable.Range(0, 1500).Select(i => $"line {i:d4}\n"));

    private readonly TrialHost _host = new("xfs", 500);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Unify_ByContent_ConfigurationOfRpmIsNotShared()
    {
        VServerName[] both = [AddWithTool(), _host.Copy(VServerName.Parse("one"), "two")];
        _host.Expect("two", "start");

        // an answer is kept of what has not changed just now
        Thread.Sleep(2500);

        var plan = Unify<UnificationPlan>(["--plan", "one", "two"], out _);
        Assert.Equal(2, plan.Skipped.Single(s => s.Reason == "configuration").Files);
        var outcome = Unify<UnificationOutcome>(["one", "two"], out _);

        Assert.All(both, v => Assert.Equal((true, false), (IsShared(v, Tool), IsShared(v, Settings))));
        Assert.Equal(2, outcome.Skipped.Single(s => s.Reason == "configuration").Files);
        Assert.Equal([3, 0], both.Select(v => _host.VServer(v.Value, "running").ExitCode));
        Assert.Equal("configuration", Why("one", Settings).Reason);
        Assert.Equal(("shared", "vs-tool 3:1-1"), (Why("one", Tool).Reason, Why("one", Tool).Package));

        // each was asked once
        Assert.Equal(2, _host.Prefix.ReadJournal().Count(e => e is { Operation: "list-packages", Phase: JournalPhase.Ended }));
    }

    [Fact]
    public void Unify_PackagesCannotBeRead_TheOthersAreUnifiedAndNothingOfItIs()
    {
        var one = AddWithTool();
        var two = _host.Copy(one, "two");
        var failing = Broken(one, "failing", "echo 'it is broken' >&2; exit 7");
        var damaged = Broken(one, "damaged", "echo 'error: database disk image is malformed' >&2");
        var refused = _host.Copy(one, "refused", "CONTEXT_OF_NOTHING=\"");
        VServerName[] unread = [failing, damaged, refused];
        string[] all = ["one", "two", "failing", "damaged", "refused"];

        var plan = Unify<UnificationPlan>(["--plan", .. all], out _);
        Assert.True(IsTold(plan.Warnings, failing, "exit code 7: it is broken") && IsTold(plan.Warnings, damaged, "error: database disk image is malformed") && IsTold(plan.Warnings, refused, ""));
        Assert.Equal(3, plan.Warnings.Count);
        Assert.True(plan.FilesToShare > 0);
        Unify<UnificationOutcome>([.. all, "--", "vs-tool"], out var byPackage);
        Assert.All(unread, v => Assert.True(IsTold(byPackage, v, "")));
        Assert.True(IsShared(one, Tool) && IsShared(two, Tool));
        Assert.False(IsShared(one, "bin/busybox"));

        var outcome = Unify<UnificationOutcome>(all, out var warnings);

        Assert.True(IsShared(one, "bin/busybox") && IsShared(two, "bin/busybox"));
        Assert.All(unread, v => Assert.False(IsShared(v, "bin/busybox") || IsShared(v, Tool) || IsShared(v, Settings)));
        Assert.True(IsTold(warnings, failing, "exit code 7: it is broken") && IsTold(warnings, damaged, "error: database disk image is malformed") && IsTold(warnings, refused, ""));
        Assert.True(outcome.Skipped.Single(s => s.Reason == "packages-unread").Files > 3 * 10);
        Assert.Equal("packages-unread", Why("damaged", Tool).Reason);
        Assert.Contains(_host.VServer("--json", "--as", "vcheck", "--packages", "damaged").Events.OfType<LogEvent>(), l => l.Text.StartsWith("damaged: Packages may be missing", StringComparison.Ordinal));
    }

    [Fact]
    public void Unify_CancelledWhileAGuestIsAsked_IsCancelled()
    {
        const string Job = "00112233445566778899aabbccddeeff";
        var one = AddWithTool();
        var slow = Broken(one, "slow", "echo x >/begun; exec sleep 1000");
        Assert.Equal(0, _host.VServer("--detach", "--job", Job, "--as", "vunify", "one", "slow").ExitCode);
        TrialHost.Eventually(() => File.Exists(PathOf(slow, "begun")), "its rpm runs");

        _host.Expect("--as", "vserver-jobs", "cancel", Job);

        TrialHost.Eventually(() => _host.VServer("--json", "--as", "vserver-jobs", "show", Job).Result<JobInfo>().State == JobState.Cancelled, "the job is cancelled");
        Assert.False(Directory.Exists(_host.Paths.RunDirectoryOf(slow)));
        Assert.False(IsShared(one, Tool));
    }

    [Fact]
    public void Files_OfAStoppedVServerThatWasNotAsked_AreToldWithoutAStart()
    {
        var one = AddWithTool();
        _host.Copy(one, "two");
        var journal = _host.Prefix.ReadJournal().Count;
        Assert.Equal("packages-unread", Why("two", Tool).Reason);
        Assert.Contains("vcheck --packages two", _host.VServer("--as", "vfiles", "two").Error, StringComparison.Ordinal);
        Assert.Equal(journal, _host.Prefix.ReadJournal().Count);
        _host.Expect("two", "start");
        Assert.Equal("vs-tool 3:1-1", Why("two", Tool).Package);
        Assert.True(_host.Prefix.ReadJournal().Count > journal);
    }

    [Fact]
    public void Unify_OneCannotBeReadAnyMore_WhatIsKnownOfTheOthersIsTheirsOfNow()
    {
        var one = AddWithTool();
        var three = _host.Copy(one, "three");
        _host.Copy(one, "two");
        Unify<UnificationOutcome>(["one", "two", "three"], out _);
        var (before, unread) = (StateOf(one), StateOf(three));
        File.WriteAllText(PathOf(three, "usr/bin/rpm"), "#!/bin/sh\nexit 1\n");
        File.AppendAllText(PathOf(three, "var/lib/rpm/rpmdb.sqlite"), "x");
        File.WriteAllText(PathOf(one, Tool), "another");

        Unify<UnificationOutcome>(["one", "two", "three"], out var warnings);

        Assert.Single(warnings, w => w.StartsWith("The packages of three", StringComparison.Ordinal));
        Assert.True(StateOf(one).At > before.At && StateOf(one).FilesShared < before.FilesShared);
        Assert.Equal(unread.At, StateOf(three).At);

        UnificationState StateOf(VServerName name) => UnificationState.Find(_host.Paths, _host.Prefix.Call().Registry, name)!;
    }

    private VServerName AddWithTool()
    {
        var name = RpmRoot.Add(_host, "one");
        var package = RpmRoot.Build(_host.Prefix.Directory, "vs-tool", "1", new() { [Tool] = s_lines, [Settings] = s_lines + "set" });
        _host.Expect("--as", "vrpm", "one", "--", package);
        return name;
    }

    private VServerName Broken(VServerName from, string name, string script)
    {
        var added = _host.Copy(from, name);
        File.WriteAllText(PathOf(added, "usr/bin/rpm"), "#!/bin/sh\n" + script + "\n");
        return added;
    }

    private T Unify<T>(string[] words, out IReadOnlyList<string> warnings)
    {
        var result = _host.VServer(["--json", "--as", "vunify", "--method", "reflink", .. words]);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        warnings = [.. result.Events.OfType<LogEvent>().Where(l => l.Level == LogEvent.Warning).Select(l => l.Text)];
        return result.Result<T>();
    }

    private static bool IsTold(IEnumerable<string> warnings, VServerName name, string text) =>
        warnings.Any(w => w.StartsWith($"The packages of {name} could not be read", StringComparison.Ordinal) && w.Contains(text, StringComparison.Ordinal));

    private SharingAnswer Why(string name, string file) =>
        WireProtocol.FromElement<SharingAnswer>(_host.VServer("--json", "--as", "vfiles", name, "--why", "/" + file).Events.OfType<ItemEvent>().Single().Data);

    private bool IsShared(VServerName name, string file)
    {
        using var map = new BlockMap();
        using var opened = Libc.open(PathOf(name, file), Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.fsync(opened), "fsync");
        _ = map.HashOf((int)opened.DangerousGetHandle(), RandomAccess.GetLength(opened), out var isShared);
        return isShared;
    }

    private string PathOf(VServerName name, string file) => $"{_host.Paths.TreeOf(name)}/{file}";
}
