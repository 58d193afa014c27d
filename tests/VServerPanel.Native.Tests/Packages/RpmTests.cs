using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>vrpm, and the packages of a guest whose database only its own rpm may read.</summary>
[Collection(RealHost.Name)]
public sealed class RpmTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vrpm_InstallsUpgradesAndErases_StoppedAndRunning()
    {
        RpmRoot.Add(_host, "one");
        RpmRoot.Add(_host, "two");
        _host.Expect("two", "start");
        var first = RpmRoot.Build(_host.Prefix.Directory, "vs-hello", "1.0", new() { ["usr/share/vs-hello/text"] = "one", ["etc/vs-hello.conf"] = "a=1\n" }, "echo post of $1");

        // the classic form, without an option of rpm's
        var installed = Run("vrpm", "one", "two", "--", first);
        Assert.All(Outcomes(installed), o => Assert.Equal([new PackageChange("vs-hello", null, "3:1.0-1")], o.Changed));
        Assert.Equal(2, Outcomes(installed).Count);
        Assert.Contains(installed.Events.OfType<LogEvent>(), l => l.Text == "two: post of 1");

        var second = RpmRoot.Build(_host.Prefix.Directory, "vs-hello", "1.1", new() { ["usr/share/vs-hello/text"] = "two", ["etc/vs-hello.conf"] = "a=1\n" });
        Assert.All(Outcomes(Run("vrpm", "ALL", "--", "-U", second)), o => Assert.Equal([new PackageChange("vs-hello", "3:1.0-1", "3:1.1-1")], o.Changed));
        Assert.Equal("two", File.ReadAllText(_host.Paths.VServers + "/two/usr/share/vs-hello/text"));

        var failed = Run("vrpm", "one", "--", "-e", "nothing-of-that-name");
        Assert.Contains("package nothing-of-that-name is not installed", Assert.Single(Outcomes(failed)).Message, StringComparison.Ordinal);
        Assert.All(Outcomes(Run("vrpm", "ALL", "--", "-e", "vs-hello")), o => Assert.Equal([new PackageChange("vs-hello", "3:1.1-1", null)], o.Changed));
    }

    [Fact]
    public void Vcheck_RpmGuest_AsksItsRpmOnceAndKeepsTheAnswer()
    {
        var name = RpmRoot.Add(_host, "one");
        Directory.CreateDirectory(_host.Paths.TreeOf(name) + "/usr/real");
        File.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/merged", "usr/real");
        var package = RpmRoot.Build(_host.Prefix.Directory, "vs-hello", "1.0", new() { ["merged/text"] = "one", ["etc/vs-hello.conf"] = "a=1\n", ["usr/share/vs-hello/sub/x"] = "x" });
        Assert.Equal(0, Run("vrpm", "one", "--", package).ExitCode);
        Thread.Sleep(2500);

        var told = Packages(Run("vcheck", "--packages", "one"));
        Assert.Equal([new PackageInfo(name, PackageFormat.Rpm, "vs-hello", "3:1.0-1", "noarch", "tiny vs-hello")], told);
        var asked = _host.Prefix.ReadJournal().Count(e => e.Operation == "list-packages");
        Assert.Equal(2, asked);
        Assert.False(Directory.Exists(_host.Paths.RunDirectoryOf(name)));

        // as unification asks, with the lock held: nothing is started
        using var root = StorageCheck.OpenRoot(_host.Paths.VServers, name);
        using (var database = PackageDatabases.Open(_host.Prefix.Call(), name, root, isLocked: true)!)
        {
            Assert.Equal(
                [new PackageFile("etc/vs-hello.conf", true), new PackageFile("usr/real/text", false), new PackageFile("usr/share/vs-hello/sub/x", false)],
                database.FilesOf(Assert.Single(database.Packages)).OrderBy(f => f.Path, StringComparer.Ordinal));
        }

        Assert.Equal(asked, _host.Prefix.ReadJournal().Count(e => e.Operation == "list-packages"));

        // and a change is seen
        Assert.Equal(0, Run("vrpm", "one", "--", "-e", "vs-hello").ExitCode);
        Assert.Empty(Packages(Run("vcheck", "--packages", "one")));
    }

    [Theory]
    [InlineData("yes \"$(echo -e '@a\\tb\\tc\\td')\"", "longer than 64 MiB")]
    [InlineData("yes 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000", "longer than 64 MiB")]
    [InlineData("echo broken >&2; exit 7", "exit code 7: broken")]
    [InlineData("kill -9 $$", "exit code 137")]
    public void Vcheck_HostileRpm_IsRefusedAndLeavesNothing(string script, string expected)
    {
        var name = _host.Add("evil");
        var tree = _host.Paths.TreeOf(name);
        Directory.CreateDirectory(tree + "/var/lib/rpm");
        File.WriteAllText(tree + "/bin/rpm", "#!/bin/sh\n" + script + "\n");
        TrialHost.Run("chmod", "755", tree + "/bin/rpm");
        var before = KernelCensus.Take(_host.Prefix);

        var result = Run("vcheck", "--packages", "evil");

        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text.Contains(expected, StringComparison.Ordinal));
        Assert.Equal(ProblemCode.CommandFailed, result.Problem.Code);
        Directory.Delete(_host.Paths.State + "/packages", recursive: true);
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Vcheck_OneAnswersLate_TheOthersAreToldMeanwhile()
    {
        foreach (var (name, script) in (IReadOnlyList<(string, string)>)[("late", "while [ ! -e /go ]; do sleep 0.1; done\n"), ("soon", "")])
        {
            var tree = _host.Paths.TreeOf(_host.Add(name));
            Directory.CreateDirectory(tree + "/var/lib/rpm");
            File.WriteAllText(tree + "/bin/rpm", $"#!/bin/sh\n{script}printf '@bash\\t5-1\\tx86_64\\tof {name}\\n'\n");
            TrialHost.Run("chmod", "755", tree + "/bin/rpm");
        }

        using var process = HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, "--as", "vcheck", "--packages");
        var first = process.StandardOutput.ReadLine();
        File.WriteAllText(_host.Paths.VServers + "/late/go", "");
        var second = process.StandardOutput.ReadLine();
        process.WaitForExit();
        Assert.Equal(["soon\tbash\t5-1\tx86_64", "late\tbash\t5-1\tx86_64"], [first, second]);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void Open_AnswerWithOddLines_TakesThoseThatAreWhole()
    {
        var name = _host.Add("odd");
        var tree = _host.Paths.TreeOf(name);
        Directory.CreateDirectory(tree + "/var/lib/rpm");
        var answer = "0 33188 0 /before/any\n@good\t1-1\tx86_64\tfine\n17 33188 0 /etc/x\n0 16877 0 /usr/dir\n64 33188 0 /var/ghost\n0 33188 1 /usr/replaced\n0 33188 0 /../../etc/shadow\n0 -32348 0 /usr/odd mode\n(none)\n@bad\n@\t\t\t\n@gpg-pubkey\t1-1\t(none)\tkey\n0 33188 0 /of/the/key\n@last\t2-1\tnoarch\t\u001b[2J\n0 33188 0 /usr/y";
        File.WriteAllText(tree + "/answer", answer);
        File.WriteAllText(tree + "/bin/rpm", "#!/bin/sh\ncat /answer\n");
        TrialHost.Run("chmod", "755", tree + "/bin/rpm");

        // a run of its own: the command as a whole, its answer then read here
        Assert.Equal(["good 1-1", "last 2-1"], Packages(Run("vcheck", "--packages", "odd")).Select(p => $"{p.Name} {p.Version}"));
        using var root = Libc.open(tree, Libc.O_PATH | Libc.O_DIRECTORY);
        using var database = new RpmDatabase(root, _host.Paths.State + "/packages/rpm", "odd");
        Assert.Equal([new PackageFile("etc/x", true), new PackageFile("usr/odd mode", false)], database.FilesOf(database.Packages[0]));
        Assert.Equal([new PackageFile("usr/y", false)], database.FilesOf(database.Packages[1]));
        Assert.Equal("\ufffd[2J", database.Packages[1].Summary);
    }

    private CommandOutput Run(string tool, params string[] words) => _host.VServer(["--json", "--as", tool, .. words]);

    private static List<PackageOutcome> Outcomes(CommandOutput output) => Items<PackageOutcome>(output, ItemKinds.PackageOutcome);

    private static List<PackageInfo> Packages(CommandOutput output) => Items<PackageInfo>(output, ItemKinds.Package);

    private static List<T> Items<T>(CommandOutput output, string kind) => [.. output.Events.OfType<ItemEvent>().Where(i => i.Kind == kind).Select(i => WireProtocol.FromElement<T>(i.Data))];
}
