using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>vdnf with a real dnf and a real repository, in a vserver that is stopped and in one that runs.</summary>
[Collection(RealHost.Name)]
public sealed class RealDnfTests : IDisposable
{
    private const string Changed = "usr/share/vs-hello/text";
    private const string Other = "usr/share/vs-other/text";
    private const string Settings = "etc/vs-hello.conf";

    private static readonly string s_lines = string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i:d4}\n"));

    private readonly TrialHost _host = new("xfs", 900);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vdnf_TwoVServers_FetchesUpgradesAndUnifies()
    {
        var one = DnfRoot.Add(_host, "one");
        DnfRoot.Publish(_host, one, Build("vs-hello", "1.0"), Build("vs-other", "1.0"));
        Assert.Equal(
            [new PackageChange("vs-hello", null, "3:1.0-1"), new PackageChange("vs-other", null, "3:1.0-1")],
            Assert.Single(Outcomes(Run("vdnf", "one", "--", "install", "vs-hello", "vs-other"))).Changed);
        VServerName[] both = [one, _host.Copy(one, "two")];
        _host.Expect("two", "start");
        var later = Build("vs-hello", "1.1");
        foreach (var name in both)
        {
            DnfRoot.Publish(_host, name, later);
            File.WriteAllText(PathOf(name, Settings), "a=mine\n");
        }

        // nothing is fetched by who only looks
        Assert.Equal([null, null, null, null], Packages().Select(p => p.Candidate));
        Assert.Equal([(OperationOutcome.Succeeded, 0), (OperationOutcome.Succeeded, 0)], Outcomes(Run("vdnf", "one", "two", "--", "makecache", "--refresh")).Select(o => (o.Outcome, o.Changed.Count)));
        Assert.Equal(
            ["one vs-hello 3:1.1-1", "one vs-other -", "two vs-hello 3:1.1-1", "two vs-other -"],
            Packages().Select(p => $"{p.VServer} {p.Name} {p.Candidate ?? "-"}"));
        Assert.All(Packages(), p => Assert.True(p.CanFetch));
        Assert.Equal([(OperationOutcome.Succeeded, 100), (OperationOutcome.Succeeded, 100)], Outcomes(Run("vdnf", "ALL", "--", "check-update")).Select(o => (o.Outcome, o.ExitCode ?? -1)));

        var upgraded = Run("vdnf", "--unify", "one", "two", "--", "upgrade");

        Assert.True(upgraded.ExitCode == 0, upgraded.Error + upgraded.Output);
        Assert.Equal(2, Outcomes(upgraded).Count);
        Assert.All(Outcomes(upgraded), o => Assert.Equal([new PackageChange("vs-hello", "3:1.0-1", "3:1.1-1")], o.Changed));
        Assert.All(both, v => Assert.Equal((true, false), (IsShared(v, Changed), IsShared(v, Other))));
        Assert.All(both, v => Assert.Equal(("a=mine\n", "a=1.1\n"), (File.ReadAllText(PathOf(v, Settings)), File.ReadAllText(PathOf(v, Settings + ".rpmnew")))));
        Assert.Equal([null, null, null, null], Packages().Select(p => p.Candidate));
        Assert.Equal([3, 0], both.Select(v => _host.VServer(v.Value, "running").ExitCode));

        var missing = Run("vdnf", "one", "--", "install", "nothing-of-that-name");
        Assert.Contains("Unable to find a match", Assert.Single(Outcomes(missing)).Message, StringComparison.Ordinal);
    }

    private string Build(string name, string version) =>
        RpmRoot.Build(_host.Prefix.Directory, name, version, new() { [$"usr/share/{name}/text"] = version + s_lines, [$"etc/{name}.conf"] = $"a={version}\n" });

    private List<PackageInfo> Packages() =>
        [.. Items<PackageInfo>(Run("vcheck", "--packages"), ItemKinds.Package).OrderBy(p => p.VServer.Value, StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal)];

    private bool IsShared(VServerName name, string file)
    {
        using var map = new BlockMap();
        using var opened = Libc.open(PathOf(name, file), Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.fsync(opened), "fsync");
        _ = map.HashOf((int)opened.DangerousGetHandle(), RandomAccess.GetLength(opened), out var isShared);
        return isShared;
    }

    private string PathOf(VServerName name, string file) => $"{_host.Paths.TreeOf(name)}/{file}";

    private CommandOutput Run(string tool, params string[] words) => _host.VServer(["--json", "--as", tool, .. words]);

    private static List<PackageOutcome> Outcomes(CommandOutput output) => Items<PackageOutcome>(output, ItemKinds.PackageOutcome);

    private static List<T> Items<T>(CommandOutput output, string kind) => [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == kind).Select(i => WireProtocol.FromElement<T>(i.Data))];
}
