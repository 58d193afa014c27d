using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>What vdnf does around a guest's dnf, yum or microdnf, and what vcheck makes of its answer: with programs that are shell scripts, for what does not depend on the real ones.</summary>
[Collection(RealHost.Name)]
public sealed class DnfTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vdnf_All_TakesThoseThatHaveOneAndUsesIt()
    {
        Add("new", "dnf", "echo dnf \"$@\"");
        Add("both", "dnf", "echo dnf \"$@\"");
        Put("both", "yum", "echo yum \"$@\"");
        Add("old", "yum", "echo yum \"$@\"");
        Add("small", "microdnf", "echo microdnf \"$@\"");
        AddRpm("none");
        File.WriteAllText(_host.Paths.TreeOf(VServerName.Parse("none")) + "/usr/bin/dnf", "not to be executed");
        FakeApt.Add(_host, "debian", "exit 0");

        var all = Run("vdnf", "ALL", "--", "makecache", "--refresh");

        Assert.Equal(0, all.ExitCode);
        Assert.Equal(["both", "new", "old", "small"], Outcomes(all).Select(o => o.VServer.Value).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["both: dnf -y makecache --refresh", "new: dnf -y makecache --refresh", "old: yum -y makecache --setopt=metadata_expire=0", "small: microdnf -y makecache --refresh"],
            all.Events.OfType<LogEvent>().Where(l => l.Level == LogEvent.Output).Select(l => l.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Vdnf_NamedWithoutOne_SaysWhatToUse()
    {
        AddRpm("none");
        Add("new", "dnf", "exit 0");
        FakeApt.Add(_host, "debian", "exit 0");
        var result = Run("vdnf", "none", "debian", "new", "--", "upgrade");
        var messages = Outcomes(result).ToDictionary(o => o.VServer.Value, o => o.Message, StringComparer.Ordinal);
        Assert.Equal("none has none of dnf, yum, microdnf, which fetch packages. With package files that you have fetched: vrpm none -- FILE.rpm …", messages["none"]);
        Assert.Contains("use vapt", messages["debian"], StringComparison.Ordinal);
        Assert.Null(messages["new"]);
        Assert.Contains("use vdnf, or vrpm for package files", Assert.Single(Outcomes(Run("vapt", "new", "--", "upgrade"))).Message, StringComparison.Ordinal);

        var plan = Run("vdnf", "--plan", "none", "new", "--", "upgrade").Result<OperationPlan>();
        Assert.Equal(["dnf", "-y", "upgrade"], plan.Steps[1].Command);
        Assert.Equal(messages["none"], Assert.Single(plan.Problems).Message);
    }

    [Fact]
    public void Vdnf_ExitCode100_IsAnAnswerOfCheckUpdateOnly()
    {
        Add("new", "dnf", "exit 100");
        Add("old", "yum", "exit 3");
        Assert.Equal("'yum upgrade' ended with exit code 3.", Assert.Single(Outcomes(Run("vdnf", "old", "--", "upgrade"))).Message);
        var looked = Assert.Single(Outcomes(Run("vdnf", "new", "--", "check-update")));
        Assert.Equal((OperationOutcome.Succeeded, 100), (looked.Outcome, looked.ExitCode));
        var failed = Run("vdnf", "new", "--", "upgrade");
        Assert.Contains("exit code 100", Assert.Single(Outcomes(failed)).Message, StringComparison.Ordinal);
        Assert.Contains($"'vdnf --retry {failed.Events.OfType<HelloEvent>().Single().JobId}' tries it again", failed.Problem.Message, StringComparison.Ordinal);

        Put("new", "dnf", "echo mended \"$@\"");
        var again = Run("vdnf", "--retry", failed.Events.OfType<HelloEvent>().Single().JobId!);
        Assert.Contains(again.Events.OfType<LogEvent>(), l => l.Text == "new: mended -y upgrade");
        Assert.Equal(ProblemCode.InvalidArgument, Run("vrpm", "--retry", failed.Events.OfType<HelloEvent>().Single().JobId!).Problem.Code);
    }

    [Fact]
    public void Vcheck_Candidates_AreTheGuestsOwnAndAskedOnce()
    {
        const string Answer = """

            alpha.x86_64                 2.0-1.el7                                   base
            beta-with-a-long-name-that-takes-more-than-its-column.noarch
                                         1:1.1-1                                     updates
            gamma.i686                   9-9                                         base
            kernel.x86_64                5.3-1                                       base
            Security: kernel-5.3-1.x86_64 is an installed security update
            Obsoleting Packages
            delta.x86_64                 8-8                                         base
            """;
        var name = Add("old", "yum", $"echo \"$*\" >>/asked\ncat <<'.'\n{Answer}\n.\nexit 100", "alpha 1.0-1 x86_64", "beta-with-a-long-name-that-takes-more-than-its-column 1:1.0-1 x86_64", "gamma 1-1 x86_64", "delta 1-1 x86_64", "kernel 5.1-1 x86_64", "kernel 5.2-1 x86_64");
        var tree = _host.Paths.TreeOf(name);
        Assert.All(Packages(), p => Assert.Null(p.Candidate));
        Assert.False(File.Exists(tree + "/asked"));

        // as it lies after something was fetched
        Directory.CreateDirectory(tree + "/var/cache/yum/x86_64/7/base");
        File.WriteAllText(tree + "/var/cache/yum/x86_64/7/base/repomd.xml", "<repomd/>");
        Thread.Sleep(2500);
        string[] expected = ["alpha 2.0-1.el7", "beta-with-a-long-name-that-takes-more-than-its-column 1:1.1-1", "gamma -", "delta -", "kernel -", "kernel 5.3-1"];
        Assert.Equal(expected, Packages().Select(p => $"{p.Name} {p.Candidate ?? "-"}"));
        Assert.Equal("-q -C check-update\n", File.ReadAllText(tree + "/asked"));
        Assert.Equal(expected, Packages().Select(p => $"{p.Name} {p.Candidate ?? "-"}"));
        Assert.Equal("-q -C check-update\n", File.ReadAllText(tree + "/asked"));

        // and again after a change of what it has fetched, or of where it fetches from
        File.WriteAllText(tree + "/var/cache/yum/x86_64/7/base/repomd.xml", "<repomd></repomd>");
        Packages();
        Assert.Equal(2, File.ReadAllLines(tree + "/asked").Length);
        Directory.CreateDirectory(tree + "/etc/yum.repos.d");
        Thread.Sleep(2500);
        Packages();
        File.WriteAllText(tree + "/etc/yum.repos.d/more.repo", "[more]\n");
        Packages();
        Assert.Equal(4, File.ReadAllLines(tree + "/asked").Length);
    }

    [Theory]
    [InlineData("yes alpha.x86_64 2.0-1 base", "longer than 8 MiB")]
    [InlineData("echo 'Error: no cache' >&2; exit 1", "exit code 1: Error: no cache")]
    [InlineData("printf 'alpha.x86_64 2.0-1 base\\n'; kill -9 $$", "exit code 137")]
    [InlineData("printf '\\033[2J\\n' >&2; exit 3", "exit code 3: \ufffd[2J")]
    public void Vcheck_DnfFails_ThePackagesAreToldAndAWarning(string script, string expected)
    {
        var name = Add("odd", "dnf", script, "alpha 1.0-1 x86_64");
        Directory.CreateDirectory(_host.Paths.TreeOf(name) + "/var/cache/dnf/base-0123/repodata");
        File.WriteAllText(_host.Paths.TreeOf(name) + "/var/cache/dnf/base-0123/repodata/repomd.xml", "<repomd/>");

        var result = Run("vcheck", "--packages", "odd");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal("alpha", Assert.Single(Items<PackageInfo>(result, ItemKinds.Package)).Name);
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Level == LogEvent.Warning && l.Text.StartsWith("odd: It is not known what could be upgraded", StringComparison.Ordinal) && l.Text.Contains(expected, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_host.Paths.RunDirectoryOf(name)));
    }

    [Theory]
    [InlineData(true, "upgrade")]
    [InlineData(true, "upgrade", "bash", "glibc.i686", "vim-2:9.1-1.fc40", "--security")]
    [InlineData(true, "install", "gcc-c++", "--best", "--allowerasing")]
    [InlineData(true, "makecache", "--refresh")]
    [InlineData(true, "autoremove")]
    [InlineData(false)]
    [InlineData(false, "-y", "upgrade")]
    [InlineData(false, "upgrade", "--setopt=pluginpath=/tmp")]
    [InlineData(false, "upgrade", "-c", "x")]
    [InlineData(false, "install", "--installroot=/x", "y")]
    [InlineData(false, "install", "--repofrompath=x,http://evil.example", "y")]
    [InlineData(false, "install", "http://evil.example/x.rpm")]
    [InlineData(false, "install", "/root/x.rpm")]
    [InlineData(false, "install", "@core")]
    [InlineData(false, "install", "x-")]
    [InlineData(false, "install", "")]
    [InlineData(false, "shell", "x")]
    [InlineData(false, "download", "x")]
    public void Panel_DnfWords_AreThoseThatRunNothingElse(bool expected, params string[] words) => Assert.Equal(expected, new DnfProgram().IsOpenToPanel(words));

    [Theory]
    [InlineData(true, "upgrade")]
    [InlineData(true, "history", "undo", "last")]
    [InlineData(true, "--refresh", "upgrade")]
    [InlineData(false, "check-update")]
    [InlineData(false, "makecache")]
    [InlineData(false, "list", "installed")]
    [InlineData(false, "repoquery", "bash")]
    [InlineData(false, "info", "bash")]
    [InlineData(false, "search", "bash")]
    [InlineData(false, "upgrade", "--downloadonly")]
    [InlineData(false, "upgrade", "--assumeno")]
    [InlineData(false, "-q", "-C", "check-update")]
    [InlineData(true, "-q", "upgrade")]
    [InlineData(true, "--setopt", "check-update", "upgrade")]
    public void ChangesPackages_DnfWords_AreThoseThatMayReplaceFiles(bool expected, params string[] words) => Assert.Equal(expected, new DnfProgram().ChangesPackages(words));

    [Theory]
    [InlineData("upgrade", "upgrade")]
    [InlineData("upgrade bash zsh vim.x86_64 gone --best", "upgrade bash vim.x86_64 --best")]
    [InlineData("upgrade bash-5.3-1 bash-completion glibc.i686", "upgrade bash-5.3-1 glibc.i686")]
    [InlineData("upgrade gone z* ./a.rpm b.rpm", "upgrade z* ./a.rpm b.rpm")]
    [InlineData("upgrade gone --best", null)]
    [InlineData("install gone", "install gone")]
    public void Narrow_Upgrade_NamesWhatIsInstalled(string asked, string? expected)
    {
        var installed = new Dictionary<string, string> { ["bash"] = "5.2-1", ["vim"] = "9-1", ["glibc:i686"] = "2-1", ["glibc:x86_64"] = "2-1" };
        Assert.Equal(expected, new DnfProgram().Narrow(asked.Split(' '), installed) is { } words ? string.Join(' ', words) : null);
    }

    [Fact]
    public void Vdnf_UpgradeOfWhatOneHasNot_LeavesThatOneAlone()
    {
        Add("one", "dnf", "echo dnf \"$@\"", "httpd 1-1 x86_64");
        Add("two", "dnf", "echo dnf \"$@\"", "nginx 1-1 x86_64");
        Add("three", "dnf", "exit 1", "bash 1-1 x86_64");
        var result = Run("vdnf", "one", "two", "three", "--", "upgrade", "httpd", "nginx");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["one: dnf -y upgrade httpd", "two: dnf -y upgrade nginx"], result.Events.OfType<LogEvent>().Where(l => l.Level == LogEvent.Output).Select(l => l.Text).Order(StringComparer.Ordinal));
        Assert.Null(Outcomes(result).Single(o => o.VServer.Value == "three").ExitCode);
    }

    [Fact]
    public void Vcheck_MoreFilesThanAreLookedAt_IsAskedEachTime()
    {
        var name = Add("full", "dnf", "echo >>/asked", "alpha 1.0-1 x86_64");
        var tree = _host.Paths.TreeOf(name);
        Directory.CreateDirectory(tree + "/var/cache/dnf/base-0123/repodata");
        File.WriteAllText(tree + "/var/cache/dnf/base-0123/repodata/repomd.xml", "<repomd/>");
        Directory.CreateDirectory(tree + "/var/cache/dnf/base-0123/packages");
        TrialHost.Run("sh", "-ec", $"cd {tree}/var/cache/dnf/base-0123/packages; touch $(seq 6000)");
        Thread.Sleep(2500);
        Packages();
        Packages();

        // packages that were fetched do not count
        Assert.Single(File.ReadAllLines(tree + "/asked"));
        TrialHost.Run("sh", "-ec", $"mkdir {tree}/etc/dnf; cd {tree}/etc/dnf; touch $(seq 6000)");
        Thread.Sleep(2500);
        Packages();
        Packages();
        Assert.Equal(3, File.ReadAllLines(tree + "/asked").Length);
    }

    [Fact]
    public void Command_AssumeNo_IsNotAssumedYes() => Assert.Equal(["dnf", "upgrade", "--assumeno"], new DnfProgram().Command("dnf", ["upgrade", "--assumeno"]));

    [Theory]
    [InlineData("bash.x86_64 5.2.26-3.fc40 updates", "bash x86_64 5.2.26-3.fc40")]
    [InlineData("a.b-c.noarch  1:2-3  @System", "a.b-c noarch 1:2-3")]
    [InlineData("long.noarch|   1-1   base", "long noarch 1-1")]
    [InlineData("long.noarch|   1-1|   base", "long noarch 1-1")]
    [InlineData("long.noarch 1-1|   base", "long noarch 1-1")]
    [InlineData("|long.noarch|other.noarch 1-1 base", "other noarch 1-1")]
    [InlineData("  long.noarch 1-1 base", null)]
    [InlineData("Last metadata expiration check: 0:00:02 ago", null)]
    [InlineData("noarch 1-1 base", null)]
    [InlineData("x. 1-1 base", null)]
    [InlineData("!x.noarch 1-1 base", null)]
    [InlineData("x.noarch 11 base", null)]
    [InlineData("Obsoleting Packages|x.noarch 1-1 base", null)]
    [InlineData("Obsoleting packages|x.noarch 1-1 base", null)]
    [InlineData("x.noarch 1\u0001-1 base", "x noarch 1\ufffd-1")]
    public void UpdateList_Lines_TellPackages(string lines, string? expected)
    {
        var list = new UpdateList();
        var found = lines.Split('|').Select(list.Take).Where(u => u is not null).Select(u => $"{u!.Value.Name} {u.Value.Architecture} {u.Value.Version}");
        Assert.Equal(expected is null ? [] : [expected], found);
    }

    private VServerName Add(string name, string program, string script, params string[] packages)
    {
        var added = AddRpm(name, packages);
        Put(name, program, script);
        return added;
    }

    private VServerName AddRpm(string name, params string[] packages)
    {
        var added = _host.Add(name);
        var tree = _host.Paths.TreeOf(added);
        Directory.CreateDirectory(tree + "/var/lib/rpm");
        Directory.CreateDirectory(tree + "/usr/bin");
        File.WriteAllText(tree + "/var/lib/rpm/rpmdb.sqlite", "what it has installed");
        File.WriteAllText(tree + "/packages", string.Concat(packages.Select(p => $"@{p.Replace(' ', '\t')}\tx\n")));
        Put(name, "rpm", "cat /packages");
        return added;
    }

    private void Put(string name, string program, string script)
    {
        var file = $"{_host.Paths.TreeOf(VServerName.Parse(name))}/usr/bin/{program}";
        File.WriteAllText(file, "#!/bin/sh\n" + script + "\n");
        TrialHost.Run("chmod", "755", file);
    }

    private List<PackageInfo> Packages() => Items<PackageInfo>(Run("vcheck", "--packages"), ItemKinds.Package);

    private CommandOutput Run(string tool, params string[] words) => _host.VServer(["--json", "--as", tool, .. words]);

    private static List<PackageOutcome> Outcomes(CommandOutput output) => Items<PackageOutcome>(output, ItemKinds.PackageOutcome);

    private static List<T> Items<T>(CommandOutput output, string kind) => [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == kind).Select(i => WireProtocol.FromElement<T>(i.Data))];
}
