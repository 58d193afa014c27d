using System.Globalization;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

[Collection(RealHost.Name)]
public sealed class VCheckTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Packages_Lists_OfferLaterVersions()
    {
        var name = Dpkg("web", "alpha 1.0-1 amd64", "beta 2.0 all", "gamma 1:1.0 amd64", "delta 3.0 amd64", "epsilon 1.0 amd64");
        Lists(name, "main_binary-amd64_Packages", "alpha 1.0-1+deb12u2 amd64", "alpha 1.0-1+deb12u1 amd64", "beta 1.9 all", "gamma 9.0 amd64", "delta 3.1 i386", "other 1 amd64");
        Lists(name, "more_main_binary-amd64_Packages", "beta 2.1 amd64");
        Lists(name, "bpo_main_binary-amd64_Packages", "epsilon 5.0 amd64");
        File.WriteAllText(_host.Paths.TreeOf(name) + "/var/lib/apt/lists/bpo_InRelease", "Hash: SHA256\n\nSuite: bookworm-backports\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n");

        var told = Items<PackageInfo>(_host.VServer("--json", "--as", "vcheck", "--packages"), ItemKinds.Package);

        Assert.Equal(["alpha 1.0-1+deb12u2", "beta 2.1", "gamma -", "delta -", "epsilon -"], told.Select(p => $"{p.Name} {p.Candidate ?? "-"}"));
        Assert.Empty(_host.Prefix.ReadJournal());
    }

    [Fact]
    public void Packages_HostileLists_AreBounded()
    {
        var name = Dpkg("web", "alpha 1.0 amd64");
        Lists(name, "x_Packages", "alpha 2.0 amd64");
        var lists = _host.Paths.TreeOf(name) + "/var/lib/apt/lists";
        TrialHost.Run("mkfifo", lists + "/fifo_Packages");
        TrialHost.Run("mkfifo", lists + "/fifo_InRelease");
        File.CreateSymbolicLink(lists + "/loop_Packages", "loop_Packages");
        File.WriteAllText(lists + "/esc_Packages", "Package: alpha\nVersion: 9\u001b[2J\nArchitecture: amd64\n\n");
        File.WriteAllText(lists + "/x_Packages.lz4", "");
        for (var i = 0; i < 20; i++)
        {
            using var file = File.Create($"{lists}/sparse{i.ToString(CultureInfo.InvariantCulture)}_Packages");
            file.SetLength(1L << 40);
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var result = _host.VServer("--json", "--as", "vcheck", "--packages", "web");
        Assert.True(Assert.Single(Items<PackageInfo>(result, ItemKinds.Package)).Candidate is "2.0" or null);
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text.Contains("compressed", StringComparison.Ordinal));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void Packages_NoVServers_EndsAtOnce()
    {
        var result = _host.VServer("--json", "--as", "vcheck", "--packages");
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Items<PackageInfo>(result, ItemKinds.Package));
    }

    [Fact]
    public void Packages_OneIsBroken_TheOthersAreTold()
    {
        Dpkg("a", "alpha 1.0 amd64");
        TreeRemoval.Remove(_host.Paths.TreeOf(_host.Add("b")));
        _host.Add("c");
        var result = _host.VServer("--json", "--as", "vcheck", "--packages");
        Assert.Equal(0, result.ExitCode);
        Assert.Single(Items<PackageInfo>(result, ItemKinds.Package));
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text.StartsWith("b: b has no tree", StringComparison.Ordinal));
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text.StartsWith("c has no package database", StringComparison.Ordinal));
        Assert.Equal(1, _host.VServer("--json", "--as", "vcheck", "--packages", "b").ExitCode);
    }

    [Fact]
    public void Compare_PackagesAndFiles_TellsWhatDiffers()
    {
        var clean = Dpkg("clean", "same 1.0 all", "older 1.0 all", "gone 1.0 all");
        var web = Dpkg("web", "same 1.0 all", "older 1.1 all", "extra 1.0 all");
        foreach (var name in (VServerName[])[clean, web])
        {
            var tree = _host.Paths.TreeOf(name);
            File.WriteAllText(tree + "/var/lib/dpkg/info/same.list", "/.\n/usr\n/usr/x\n/usr/x/equal\n/usr/x/changed\n/usr/x/missing\n/usr/x/added\n/usr/x/mode\n/usr/x/link\n/usr/x/fifo\n/etc\n/etc/same.conf\n/usr/x/nowhere\n");
            File.WriteAllText(tree + "/var/lib/dpkg/info/same.conffiles", "/etc/same.conf\n");
            Directory.CreateDirectory(tree + "/usr/x");
            foreach (var file in (string[])["usr/x/equal", "usr/x/changed", "usr/x/missing", "usr/x/added", "usr/x/mode", "usr/x/fifo", "etc/same.conf"])
            {
                File.WriteAllText($"{tree}/{file}", "text");
            }
        }

        var here = _host.Paths.TreeOf(web) + "/usr/x/";
        File.WriteAllText(here + "changed", "tex!");
        File.WriteAllText(_host.Paths.TreeOf(web) + "/etc/same.conf", "its own");
        File.Delete(here + "missing");
        File.Delete(_host.Paths.TreeOf(clean) + "/usr/x/added");
        TrialHost.Run("chmod", "4755", here + "mode");
        File.CreateSymbolicLink(here + "link", "equal");
        File.CreateSymbolicLink(_host.Paths.TreeOf(clean) + "/usr/x/link", "changed");
        File.Delete(here + "fifo");
        TrialHost.Run("mkfifo", "-m", "644", here + "fifo");

        var packages = Differences("clean", "web");
        Assert.Equal(["extra extra:all 1.0 -", "missing gone:all - 1.0", "version older:all 1.1 1.0"], packages);

        var files = Differences("--verify", "clean", "web");
        Assert.Equal(6, files.Count);
        Assert.Contains($"file-changed usr/x/changed {Sha256("tex!")} {Sha256("text")}", files);
        Assert.Contains("file-missing usr/x/missing - -", files);
        Assert.Contains("file-extra usr/x/added - -", files);
        Assert.Contains("file-changed usr/x/mode mode 4755, owner 0:0 mode 644, owner 0:0", files);
        Assert.Contains("file-changed usr/x/link equal changed", files);
        Assert.Contains("file-changed usr/x/fifo special file, mode 644, owner 0:0 mode 644, owner 0:0", files);
        Assert.Equal(9, Differences("--verify", "--diffpkg", "clean", "web").Count);
    }

    [Fact]
    public void Compare_WithItselfAlone_IsRefused()
    {
        Dpkg("clean", "same 1.0 all");
        Dpkg("web", "same 1.0 all");
        var result = _host.VServer("--json", "--as", "vcheck", "clean", "clean");
        Assert.Equal(ProblemCode.InvalidArgument, result.Problem.Code);
        Assert.Contains("clean is the reference", result.Problem.Message, StringComparison.Ordinal);
        Assert.Empty(Differences("clean", "clean", "web", "web"));
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(text)));

    private List<string> Differences(params string[] words)
    {
        var result = _host.VServer(["--json", "--as", "vcheck", .. words]);
        Assert.True(result.ExitCode == 0, result.Output);
        return [.. Items<PackageDifference>(result, ItemKinds.PackageDifference).Select(d => $"{d.Kind} {d.Subject} {d.Here ?? "-"} {d.There ?? "-"}")];
    }

    private VServerName Dpkg(string name, params string[] packages)
    {
        var added = _host.Add(name);
        var tree = _host.Paths.TreeOf(added);
        Directory.CreateDirectory(tree + "/var/lib/dpkg/info");
        Directory.CreateDirectory(tree + "/var/lib/apt/lists");
        File.WriteAllText(tree + "/var/lib/dpkg/status", string.Concat(packages.Select(p => Paragraph(p, "Status: install ok installed\n"))));
        return added;
    }

    private void Lists(VServerName name, string list, params string[] packages) =>
        File.WriteAllText($"{_host.Paths.TreeOf(name)}/var/lib/apt/lists/{list}", string.Concat(packages.Select(p => Paragraph(p, ""))));

    private static string Paragraph(string package, string more) =>
        package.Split(' ') is [var name, var version, var architecture] ? $"Package: {name}\n{more}Architecture: {architecture}\nVersion: {version}\nDescription: x\n\n" : "";

    private static List<T> Items<T>(CommandOutput output, string kind) => [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == kind).Select(i => WireProtocol.FromElement<T>(i.Data))];
}
