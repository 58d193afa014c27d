using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>vapt and vrpm with --unify, by the guests' real package managers, where files share blocks: one operation over many, some of which run, and one of which fails and is tried again.</summary>
[Collection(RealHost.Name)]
public sealed class ReunifyTests : IDisposable
{
    private const string Changed = "usr/share/vs-hello/text";
    private const string Other = "usr/share/vs-other/text";
    private const string OfNone = "usr/local/own";

    // some blocks
    private static readonly string s_lines = string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i:d4}\n"));

    private TrialHost? _host;

    private TrialHost Host => _host!;

    public void Dispose() => _host?.Dispose();

    [Fact]
    public void Vrpm_ManyAtOnce_UnifiesThePackagesThatChanged()
    {
        _host = new TrialHost("xfs", 500);
        var first = RpmRoot.Add(Host, "v1");
        Expect("vrpm", "v1", "--", Rpm("vs-hello", "1.0"), Rpm("vs-other", "1.0"));
        Many(first, "vrpm", ["-U", Rpm("vs-hello", "1.1", "test ! -e /broken")], new PackageChange("vs-hello", "3:1.0-1", "3:1.1-1"));
    }

    [Fact]
    public void Vapt_ManyAtOnce_UnifiesThePackagesThatChanged()
    {
        _host = new TrialHost("xfs", 2500);
        var first = Host.Add("v1");
        DebianRoot.Unpack(Host.Paths, first, "sysvinit");
        Expect("vapt", "v1", "--", "install", Deb("vs-hello", "1.0"), Deb("vs-other", "1.0"));
        Many(first, "vapt", ["install", Deb("vs-hello", "1.1", "test ! -e /broken")], new PackageChange("vs-hello", "1.0", "1.1"));
    }

    private void Many(VServerName first, string tool, string[] words, PackageChange change)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(first, OfNone))!);
        File.WriteAllText(PathOf(first, OfNone), s_lines);
        VServerName[] asked = [first, Host.Copy(first, "v2"), Host.Copy(first, "v3"), Host.Copy(first, "v4")];
        var left = Host.Copy(first, "v5");
        File.WriteAllText(PathOf(asked[3], "broken"), "");
        Host.Expect("v2", "start");
        Host.Expect("v4", "start");
        Assert.All([.. asked, left], v => Assert.Equal((false, false, false), Shared(v)));
        var before = TreeSnapshot.Take(Host.Paths.TreeOf(left), withTimes: true);

        var result = Run(tool, ["--unify", "--jobs", "3", "v1", "v2", "v3", "v4", "--", .. words]);

        Assert.Equal(1, result.ExitCode);
        var outcomes = Outcomes(result);
        Assert.Equal(["v1", "v2", "v3", "v4"], outcomes.Select(o => o.VServer.Value).Order(StringComparer.Ordinal));
        Assert.Equal(asked[3], outcomes.Single(o => o.Outcome == OperationOutcome.Failed).VServer);
        Assert.All(outcomes.Where(o => o.VServer != asked[3]), o => Assert.Equal([change], o.Changed));
        Assert.All(asked[..3], v => Assert.Equal((true, false, false), Shared(v)));
        Assert.Equal((false, false, false), Shared(asked[3]));

        // mended, it comes to the others
        File.Delete(PathOf(asked[3], "broken"));
        var again = Run(tool, "--retry", result.Events.OfType<HelloEvent>().Single().JobId!);
        Assert.True(again.ExitCode == 0, again.Error + again.Output);
        Assert.Equal(asked[3], Assert.Single(Outcomes(again)).VServer);
        Assert.All(asked, v => Assert.Equal((true, false, false), Shared(v)));
        Assert.Single(asked.Select(v => BlocksOf(v, Changed).Hash).Distinct());
        Assert.Equal(before, TreeSnapshot.Take(Host.Paths.TreeOf(left), withTimes: true));
        Assert.Equal([3, 0, 3, 0, 3], ((VServerName[])[.. asked, left]).Select(v => Host.VServer(v.Value, "running").ExitCode));
    }

    private (bool Changed, bool Other, bool OfNone) Shared(VServerName name) =>
        (BlocksOf(name, Changed).IsShared, BlocksOf(name, Other).IsShared, BlocksOf(name, OfNone).IsShared);

    private (ulong Hash, bool IsShared) BlocksOf(VServerName name, string file)
    {
        using var opened = Libc.open(PathOf(name, file), Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.fsync(opened), "fsync");
        using var map = new BlockMap();
        var hash = map.HashOf((int)opened.DangerousGetHandle(), RandomAccess.GetLength(opened), out var isShared);
        Assert.NotEqual(0ul, hash);
        return (hash, isShared);
    }

    private string Rpm(string name, string version, string pre = "") =>
        RpmRoot.Build(Host.Prefix.Directory, name, version, new() { [$"usr/share/{name}/text"] = version + s_lines }, pre: pre);

    private string Deb(string name, string version, string? postinst = null) =>
        TinyDeb.Make(Host.Prefix.Directory, name, version, new() { [$"usr/share/{name}/text"] = version + s_lines }, postinst);

    private void Expect(string tool, params string[] words)
    {
        var result = Run(tool, words);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    private CommandOutput Run(string tool, params string[] words) => Host.VServer(["--json", "--as", tool, .. words]);

    private string PathOf(VServerName name, string file) => $"{Host.Paths.TreeOf(name)}/{file}";

    private static List<PackageOutcome> Outcomes(CommandOutput output) =>
        [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.PackageOutcome).Select(i => WireProtocol.FromElement<PackageOutcome>(i.Data))];
}
