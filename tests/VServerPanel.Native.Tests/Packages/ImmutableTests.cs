using System.Globalization;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>Packages of vservers that share immutable files: they get files of their own first, and share them again with --unify.</summary>
[Collection(RealHost.Name)]
public sealed class ImmutableTests : IDisposable
{
    private const string Text = "usr/share/vs-hello/text";
    private const string Constant = "usr/share/vs-hello/constant";

    private readonly TrialHost _host = new("ext4");

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vrpm_SharedImmutableFiles_AreUpgradedAndSharedAgain()
    {
        var (a, b, c) = ThreeWithRpm();
        var untouched = Snapshot(c);
        var first = Inode(a, Text);

        var upgraded = Run("vrpm", "--unify", "a", "b", "--", BuildHello("1.1", "two"));

        Assert.True(upgraded.ExitCode == 0, upgraded.Error + upgraded.Output);
        Assert.All(Outcomes(upgraded), o => Assert.Equal([new PackageChange("vs-hello", "3:1.0-1", "3:1.1-1")], o.Changed));
        Assert.Equal("two", File.ReadAllText(PathOf(a, Text)));
        Assert.Equal(untouched, Snapshot(c));

        // the new version by the two that have it, what did not change by all three
        Assert.True(Inode(a, Text) == Inode(b, Text) && Inode(a, Text) != first && Inode(c, Text) == first);
        Assert.True(Inode(a, Constant) == Inode(b, Constant) && Inode(a, Constant) == Inode(c, Constant));
        Assert.True(IsImmutable(a, Text) && IsImmutable(a, Constant));

        // c has it alone now
        Assert.False(IsImmutable(c, Text));
        Assert.Equal(["deunify", "deunify", "vrpm", "vrpm", "unify"], Succeeded().SkipWhile(o => o != "deunify").Where(o => o != "list-packages"));
    }

    [Fact]
    public void Vrpm_AnotherThatSharesThemRuns_IsRefusedAndTheRetrySharesAgain()
    {
        var (a, b, c) = ThreeWithRpm();
        var plain = RpmRoot.Add(_host, "plain");
        _host.Expect("c", "start");
        var (before, others) = (Snapshot(a), Snapshot(b));
        var package = BuildHello("1.1", "two");

        var refused = Run("vrpm", "--unify", "a", "plain", "--", package);

        Assert.Equal(1, refused.ExitCode);
        var outcomes = Outcomes(refused).ToDictionary(o => o.VServer);
        Assert.Contains("'vserver c stop' first", outcomes[a].Message, StringComparison.Ordinal);
        Assert.Null(outcomes[a].ExitCode);

        // and nobody else is kept from it
        Assert.Equal(OperationOutcome.Succeeded, outcomes[plain].Outcome);
        Assert.Equal(before, Snapshot(a));
        Assert.Equal(others, Snapshot(b));

        _host.Expect("c", "stop");
        _host.MayBeCalled("renamed");
        _host.Expect("a", "rename", "renamed");

        // by the name of then, as the panel asks
        var again = Run("vrpm", "--retry", refused.Events.OfType<HelloEvent>().Single().JobId!, "a", "--", "-U", package);

        Assert.True(again.ExitCode == 0, again.Error + again.Output);
        var renamed = Assert.Single(Outcomes(again)).VServer;
        Assert.Equal("renamed", renamed.Value);
        Assert.Equal("two", File.ReadAllText(PathOf(renamed, Text)));
        Assert.True(Inode(renamed, Constant) == Inode(b, Constant) && Inode(b, Constant) == Inode(c, Constant) && IsImmutable(b, Constant));
    }

    [Fact]
    public void Vrpm_WithoutUnify_TellsHowTheyShareAgain()
    {
        var (a, b, _) = ThreeWithRpm();
        var plan = Run("vrpm", "--plan", "a", "--", "-e", "vs-hello").Result<OperationPlan>();
        Assert.Contains("files of its own", plan.Steps[0].Title, StringComparison.Ordinal);
        Assert.Equal(["vserver", "a", "deunify"], plan.Steps[0].Command);
        Assert.True(IsImmutable(a, Text));

        // what changes nothing parts nothing
        Assert.Equal(0, Run("vrpm", "a", "--", "-q", "vs-hello").ExitCode);
        Assert.True(IsImmutable(a, Text));

        var erased = Run("vrpm", "a", "--", "-e", "vs-hello");
        Assert.True(erased.ExitCode == 0, erased.Error + erased.Output);
        Assert.False(File.Exists(PathOf(a, Text)));
        Assert.True(IsImmutable(b, Text));
        var hint = erased.Events.OfType<LogEvent>().Single(l => l.Text.Contains("vunify --method immutable", StringComparison.Ordinal)).Text;
        Assert.Contains("vunify --method immutable a b c", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Vapt_KilledWhileItThaws_EveryFileIsWholeAndTheRetrySharesAgain()
    {
        const string Script = "mv /new /usr/bin/tool && cat /new-status >/var/lib/dpkg/status";
        var a = FakeApt.Add(_host, "a", Script);
        File.WriteAllText(PathOf(a, "new-status"), FakeApt.Status("2.0"));
        File.WriteAllText(PathOf(a, "usr/bin/tool"), "one");
        File.WriteAllText(PathOf(a, "usr/bin/other"), "other");
        TrialHost.Run("touch", "-d", "2020-01-02", PathOf(a, "usr/bin/tool"), PathOf(a, "usr/bin/other"), PathOf(a, "bin/busybox"));
        var b = _host.Copy(a, "b");
        _host.Expect("--as", "vunify", "--method", "immutable", "--excldir", "/usr/local", "a", "b");
        Assert.True(IsImmutable(a, "usr/bin/tool"));
        File.WriteAllText(PathOf(a, "new"), "two");
        var (before, others) = (Snapshot(a), Snapshot(b));
        var frozen = Frozen(b);
        var state = UnificationState.Find(_host.Paths, _host.Prefix.Call().Registry, a)!;
        string? last = null;
        var point = 1;
        for (; ; point++)
        {
            Assert.InRange(point, 1, 200);
            var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "--json", "--as", "vapt", "--unify", "a", "--", "upgrade");
            Assert.True(result.WasKilled, result.Error + result.Output);
            Assert.Equal(others, Snapshot(b));
            if (File.ReadAllText(PathOf(a, "usr/bin/tool")) == "two" || new RunStateStore(_host.Paths).Find(a) is not null)
            {
                // it is being started: those points are looked at where nothing is shared
                break;
            }

            Assert.Equal(before, Snapshot(a));
            _host.Expect("--as", "vserver-jobs", "recover");
            Assert.Equal(before, Snapshot(a));
            Assert.False(Directory.Exists(_host.Paths.VServers + "/.unify") && Directory.EnumerateFileSystemEntries(_host.Paths.VServers + "/.unify").Any());


            // what b shares yet is protected, too; what it has alone is its own
            Assert.Equal(frozen.Where(f => Libc.statx(null, PathOf(b, f)).LinkCount > 1), Frozen(b));
            last = result.Events.OfType<HelloEvent>().SingleOrDefault()?.JobId ?? last;
            if (UnificationState.Find(_host.Paths, _host.Prefix.Call().Registry, a) is null && new PackageRecords(_host.Paths).Find(last!)!.Thawed.Count == 1)
            {
                // parted, and cut off before its packages were changed: what the retry knows of it is written down
                break;
            }
        }

        Assert.True(point > 15, $"only {point} points");
        _host.Expect("--as", "vserver-jobs", "recover");
        var retried = Run("vapt", "--retry", last!);
        Assert.True(retried.ExitCode == 0, retried.Error + retried.Output);
        Assert.Equal("two", File.ReadAllText(PathOf(a, "usr/bin/tool")));
        Assert.True(Inode(a, "usr/bin/other") == Inode(b, "usr/bin/other") && IsImmutable(a, "usr/bin/other"));
        Assert.Equal(others, Snapshot(b));
        var unified = UnificationState.Find(_host.Paths, _host.Prefix.Call().Registry, a)!;
        Assert.Equal(state.With, unified.With);
        Assert.Equal(["usr/local"], unified.Excluded);
    }

    [Theory]
    [InlineData(false, "update")]
    [InlineData(false, "-s", "dist-upgrade")]
    [InlineData(false, "upgrade", "--download-only")]
    [InlineData(true, "upgrade")]
    [InlineData(true, "-o", "update", "upgrade")]
    [InlineData(true, "install", "update")]
    public void Apt_Words_ThatMayReplaceFiles(bool expected, params string[] words) => Assert.Equal(expected, new AptGet().ChangesPackages(words));

    [Theory]
    [InlineData(false, "-qa")]
    [InlineData(false, "--verify", "bash")]
    [InlineData(false, "-Uvh", "--test", "/x.rpm")]
    [InlineData(true, "/x.rpm")]
    [InlineData(true, "-e", "bash")]
    [InlineData(true, "--reinstall", "/x.rpm")]
    public void Rpm_Words_ThatMayReplaceFiles(bool expected, params string[] words) => Assert.Equal(expected, new RpmProgram().ChangesPackages(words));

    private (VServerName A, VServerName B, VServerName C) ThreeWithRpm()
    {
        var a = RpmRoot.Add(_host, "a");
        Assert.Equal(0, Run("vrpm", "a", "--", BuildHello("1.0", "one")).ExitCode);
        TrialHost.Run("find", _host.Paths.TreeOf(a) + "/usr", "-type", "f", "-exec", "touch", "-d", "2020-01-02", "{}", "+");
        var (b, c) = (_host.Copy(a, "b"), _host.Copy(a, "c"));
        _host.Expect("--as", "vunify", "--method", "immutable", "a", "b", "c");
        Assert.True(Inode(a, Text) == Inode(c, Text) && IsImmutable(a, Text));

        return (a, b, c);
    }

    private string BuildHello(string version, string text) =>
        RpmRoot.Build(_host.Prefix.Directory, "vs-hello", version, new() { [Text] = text, [Constant] = "constant" });

    private CommandOutput Run(string tool, params string[] words) => _host.VServer(["--json", "--as", tool, .. words]);

    private string PathOf(VServerName name, string file) => $"{_host.Paths.TreeOf(name)}/{file}";

    private ulong Inode(VServerName name, string file) => Libc.statx(null, PathOf(name, file)).Inode;

    private bool IsImmutable(VServerName name, string file) => (Libc.statx(null, PathOf(name, file)).Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0;

    private List<string> Frozen(VServerName name) =>
        [.. TreeSnapshot.Take(_host.Paths.TreeOf(name)).Select(l => l.Split(' ')[0]).Where(f => (Libc.statx(null, PathOf(name, f)).Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0)];

    private IEnumerable<string> Succeeded() => _host.Prefix.ReadJournal().Where(e => e.Phase == JournalPhase.Ended && e.Outcome == OperationOutcome.Succeeded && (e.VServer is not null || e.Operation == "unify")).Select(e => e.Operation);

    // how many names an inode has is what sharing changes; a directory keeps the time of a kill before its time was put back
    private List<string> Snapshot(VServerName name) => [.. TreeSnapshot.Take(_host.Paths.TreeOf(name))
        .Select(l => string.Join(' ', l.Split(' ').Where(w => !w.StartsWith("same-as=", StringComparison.Ordinal) && !w.StartsWith(SharedMark.Attribute, StringComparison.Ordinal))))];

    private static List<PackageOutcome> Outcomes(CommandOutput output) =>
        [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.PackageOutcome).Select(i => WireProtocol.FromElement<PackageOutcome>(i.Data))];
}
