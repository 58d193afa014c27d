using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>vapt with a real Debian's apt-get and dpkg.</summary>
[Collection(RealHost.Name)]
public sealed class RealAptTests : IDisposable
{
    private readonly TrialHost _host = new();
    private readonly List<VServerName> _names = [];

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vapt_InstallsAndUpgrades_StoppedAndRunning()
    {
        Add("one", "two");
        _host.Expect("two", "start");
        var first = TinyDeb.Make(_host.Prefix.Directory, "vs-hello", "1.0", new() { ["usr/share/vs-hello/text"] = "one", ["etc/vs-hello.conf"] = "a=1\n" }, "invoke-rc.d vs-hello start || :", "/etc/vs-hello.conf");

        var installed = Run("one", "two", "--", "install", first);

        Assert.All(Outcomes(installed), o => Assert.Equal([new PackageChange("vs-hello", null, "1.0")], o.Changed));
        Assert.Equal(2, Outcomes(installed).Count);

        // its administrator's change outlives the upgrade
        foreach (var name in _names)
        {
            File.WriteAllText(_host.Paths.TreeOf(name) + "/etc/vs-hello.conf", "a=2\n");
        }

        var second = TinyDeb.Make(_host.Prefix.Directory, "vs-hello", "1.1", new() { ["usr/share/vs-hello/text"] = "two", ["etc/vs-hello.conf"] = "a=3\n" }, null, "/etc/vs-hello.conf");
        var upgraded = Run("ALL", "--", "install", second);
        Assert.All(Outcomes(upgraded), o => Assert.Equal([new PackageChange("vs-hello", "1.0", "1.1")], o.Changed));
        Assert.All(_names, n =>
        {
            Assert.Equal("a=2\n", File.ReadAllText(_host.Paths.TreeOf(n) + "/etc/vs-hello.conf"));
            Assert.Equal("two", File.ReadAllText(_host.Paths.TreeOf(n) + "/usr/share/vs-hello/text"));
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_host.Paths.TreeOf(n)), f => f.Contains("vserver-packages", StringComparison.Ordinal));
            Assert.False(File.Exists(_host.Paths.TreeOf(n) + "/usr/sbin/policy-rc.d"));
        });

        var removed = Run("ALL", "--", "purge", "vs-hello");
        Assert.All(Outcomes(removed), o => Assert.Equal([new PackageChange("vs-hello", "1.1", null)], o.Changed));
    }

    [Fact]
    public void Vapt_PackageFails_IsToldWithTheReasonAndFinishedLater()
    {
        Add("one");
        var broken = TinyDeb.Make(_host.Prefix.Directory, "vs-broken", "1", new() { ["usr/share/vs-broken"] = "x" }, "test -e /mended");

        var failed = Run("one", "--", "install", broken);

        var outcome = Assert.Single(Outcomes(failed));
        Assert.Equal((OperationOutcome.Failed, 100), (outcome.Outcome, outcome.ExitCode));
        Assert.Contains("E: Sub-process /usr/bin/dpkg returned an error code (1)", outcome.Message, StringComparison.Ordinal);
        Assert.Equal([new PackageChange("vs-broken", null, "1")], outcome.Changed);

        // as a dpkg that was killed leaves it: apt-get alone would refuse to work
        var tree = _host.Paths.TreeOf(_names[0]);
        File.WriteAllText(tree + "/mended", "");
        var status = File.ReadAllText(tree + "/var/lib/dpkg/status");
        File.WriteAllText(tree + "/var/lib/dpkg/updates/0001", status[status.IndexOf("Package: vs-broken", StringComparison.Ordinal)..].Split("\n\n")[0] + "\n");
        var mended = Run("one", "--", "install", "-f");
        Assert.Equal(OperationOutcome.Succeeded, Assert.Single(Outcomes(mended)).Outcome);
        Assert.Contains("\nPackage: vs-broken\nStatus: install ok installed\n", File.ReadAllText(tree + "/var/lib/dpkg/status"), StringComparison.Ordinal);
    }

    private void Add(params string[] names)
    {
        foreach (var name in names)
        {
            var added = _host.Add(name);
            DebianRoot.Unpack(_host.Paths, added, "sysvinit");
            _names.Add(added);
        }
    }

    private CommandOutput Run(params string[] words) => _host.VServer(["--json", "--as", "vapt", .. words]);

    private static List<PackageOutcome> Outcomes(CommandOutput output) =>
        [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.PackageOutcome).Select(i => WireProtocol.FromElement<PackageOutcome>(i.Data))];
}
