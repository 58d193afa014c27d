using VServerPanel.Native.Packages;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

/// <summary>What vapt does around apt-get.</summary>
[Collection(RealHost.Name)]
public sealed class PackageToolTests : IDisposable
{
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Vapt_StoppedVServer_HooksAndAddressesAreThoseOfAStart()
    {
        var name = FakeApt.Add(_host, "calm", "echo $$ >/where; cat /proc/1/cmdline >>/where; ls /usr/sbin >/policy; test -e /started && exit 9; exit 0", hook: "echo $1 >> $0.log");
        var before = KernelCensus.Take(_host.Prefix);

        var result = Run("calm", "--", "update");

        Assert.Equal(OperationOutcome.Succeeded, Outcomes(result)["calm"].Outcome);
        var tree = _host.Paths.TreeOf(name);
        Assert.Equal("policy-rc.d\n", File.ReadAllText(tree + "/policy"));
        Assert.Contains("vsinit", File.ReadAllText(tree + "/where"), StringComparison.Ordinal);
        Assert.False(File.Exists(tree + "/usr/sbin/policy-rc.d"));
        Assert.Equal(["pre-start", "post-stop"], File.ReadAllLines(_host.Paths.HookOf(name) + ".log"));
        File.Delete(_host.Paths.HookOf(name) + ".log");
        Directory.Delete(_host.Paths.State + "/packages", recursive: true);
        KernelCensus.AssertSame(before, _host.Prefix);
        Assert.Equal(["vapt", "vapt", "vapt", "vapt"], _host.Prefix.ReadJournal().Select(e => e.Operation));
        Assert.Equal([null, "calm", "calm", null], _host.Prefix.ReadJournal().Select(e => e.VServer?.Value));
    }

    [Fact]
    public void Vapt_RunningVServer_RunsWithinIt()
    {
        FakeApt.Add(_host, "busy", "read x </proc/1/comm; echo first is $x; echo oops >&2; echo \"$DEBIAN_FRONTEND $*\"");
        _host.Expect("busy", "start");

        var result = Run("busy", "--", "install", "x");

        var lines = result.Events.OfType<LogEvent>().Select(l => l.Text).ToList();
        Assert.Contains("busy: first is init", lines);
        Assert.Contains("busy: oops", lines);
        Assert.Contains("busy: noninteractive -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold install x", lines);
        Assert.Equal(0, _host.VServer("busy", "status").ExitCode);
    }

    [Fact]
    public void Vapt_SomeFail_TheOthersAreDoneAndRetryTakesThoseThatFailed()
    {
        const string Install = "test ! -e /broken || { echo E: it is broken >&2; exit 100; }; echo run >>/runs; head -c 0 /dev/null; cat /new-status >/var/lib/dpkg/status";
        var names = Enumerable.Range(1, 10).Select(i => FakeApt.Add(_host, $"w{i}", Install)).ToList();
        names.ForEach(n => File.WriteAllText(_host.Paths.TreeOf(n) + "/new-status", FakeApt.Status("2.0")));
        File.WriteAllText(_host.Paths.TreeOf(names[3]) + "/broken", "");
        _host.Add("plain");
        _host.Expect("w2", "start");
        _host.Expect("w4", "start");

        var first = Run("--jobs", "3", "ALL", "--", "upgrade");

        Assert.Equal(1, first.ExitCode);
        Assert.Equal(ProblemCode.CommandFailed, first.Problem.Code);
        Assert.Contains("failed in 1 of 10 vservers: w4.", first.Problem.Message, StringComparison.Ordinal);
        var outcomes = Outcomes(first);
        Assert.Equal(10, outcomes.Count);
        Assert.Equal((OperationOutcome.Failed, 100), (outcomes["w4"].Outcome, outcomes["w4"].ExitCode));
        Assert.EndsWith("E: it is broken", outcomes["w4"].Message, StringComparison.Ordinal);
        Assert.All(outcomes.Values.Where(o => o.VServer.Value != "w4"), o => Assert.Equal([new PackageChange("tiny", "1.0", "2.0")], o.Changed));
        Assert.Equal(10, first.Events.OfType<ProgressEvent>().Last(p => p.Unit == "vservers").Done);

        File.Delete(_host.Paths.TreeOf(names[3]) + "/broken");
        var again = Run("--retry", first.Events.OfType<HelloEvent>().Single().JobId!);
        Assert.Equal(0, again.ExitCode);
        Assert.Equal([new PackageChange("tiny", "1.0", "2.0")], Assert.Single(Outcomes(again)).Value.Changed);
        Assert.All(names, n => Assert.Equal("run\n", File.ReadAllText(_host.Paths.TreeOf(n) + "/runs")));
    }

    [Fact]
    public void Vapt_WithoutDpkgOrVServer_SaysWhatToUse()
    {
        _host.Add("plain");
        Assert.Contains("no package database", Outcomes(Run("plain", "--", "update"))["plain"].Message, StringComparison.Ordinal);
        Assert.Contains("No vserver is called nobody", Run("nobody", "--", "update").Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vapt_SomeAreNotThere_IsRefusedBeforeAnyIsWorkedOn()
    {
        var name = FakeApt.Add(_host, "calm", "touch /begun");
        var result = Run("calm", "nobody", "noone", "--", "update");
        Assert.Equal((ProblemCode.NotFound, true), (result.Problem.Code, result.Problem.Message.StartsWith("There are no vservers nobody, noone", StringComparison.Ordinal)));
        Assert.False(File.Exists(_host.Paths.TreeOf(name) + "/begun"));
        Assert.Empty(_host.Prefix.ReadJournal());
        Assert.Equal([ProblemCode.NotFound], Run("--plan", "calm", "nobody", "noone", "--", "update").Result<OperationPlan>().Problems.Select(p => p.Code));
    }

    [Fact]
    public void Vapt_AllAndNoneHasApt_IsRefused()
    {
        _host.Add("plain");
        var result = Run("ALL", "--", "update");
        Assert.Equal(ProblemCode.Unsupported, result.Problem.Code);
        Assert.Contains("No vserver here has apt-get", result.Problem.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Empty(_host.Prefix.ReadJournal());
        Assert.Equal([result.Problem.Message], Run("--plan", "ALL", "--", "update").Result<OperationPlan>().Problems.Select(p => p.Message));
    }

    [Fact]
    public void Vapt_RetryOfWhatIsDone_SaysSoAndIsNoOperation()
    {
        FakeApt.Add(_host, "calm", "exit 0");
        var first = Run("calm", "--", "update").Events.OfType<HelloEvent>().Single().JobId!;
        var before = _host.Prefix.ReadJournal().Count;

        var again = Run("--retry", first);

        Assert.Equal(0, again.ExitCode);
        Assert.Contains(again.Events.OfType<LogEvent>(), l => l.Text == $"Nothing is left to be done of {first}.");
        Assert.Equal(before, _host.Prefix.ReadJournal().Count);
        Assert.Empty(Run("--plan", "--retry", first).Result<OperationPlan>().Steps);
        Assert.Equal(ProblemCode.NotFound, Run("--retry", first, "clam").Problem.Code);
    }

    [Fact]
    public void Vapt_Help_HasTheOrderOfItsWords()
    {
        Assert.StartsWith("Usage: vapt [options] ALL|NAME… -- ARGS\n", _host.VServer("--as", "vapt", "--help").Output, StringComparison.Ordinal);
        var fault = Run("--jobs", "x", "calm", "--", "update").Problem;
        Assert.Equal((ProblemCode.InvalidArgument, "--jobs is a number, and not 'x'. 'vapt --help' shows the usage."), (fault.Code, fault.Message));
    }

    [Fact]
    public void Vapt_Hangs_IsEndedInTheGuestToo()
    {
        FakeApt.Add(_host, "slow", "exec sleep 4711");
        _host.Expect("slow", "start");
        var outcome = Outcomes(Run("--timeout", "1", "slow", "--", "update"))["slow"];
        Assert.Contains("still running after 1 s", outcome.Message, StringComparison.Ordinal);
        TrialHost.Eventually(() => !_host.Expect("slow", "exec", "ps").Contains("4711", StringComparison.Ordinal), "the guest's program is gone");
    }

    [Fact]
    public void Vapt_Cancelled_IsAskedToEndAndTheRestIsNotBegun()
    {
        const string Script = "trap 'echo interrupted >/interrupted; exit 130' INT; touch /begun; while :; do sleep 0.1; done";
        var names = (List<VServerName>)[FakeApt.Add(_host, "a", Script), FakeApt.Add(_host, "b", Script)];
        const string Job = "00112233445566778899aabbccddeeff";
        Assert.Equal(0, Run("--detach", "--job", Job, "--jobs", "1", "a", "b", "--", "upgrade").ExitCode);
        TrialHost.Eventually(() => File.Exists(_host.Paths.TreeOf(names[0]) + "/begun"), "apt-get runs");

        _host.Expect("--as", "vserver-jobs", "cancel", Job);

        TrialHost.Eventually(() => _host.VServer("--json", "--as", "vserver-jobs", "show", Job).Result<JobInfo>().State == JobState.Cancelled, "the job is cancelled");
        Assert.True(File.Exists(_host.Paths.TreeOf(names[0]) + "/interrupted"));
        Assert.False(File.Exists(_host.Paths.TreeOf(names[1]) + "/begun"));
        var record = new PackageRecords(_host.Paths).Find(Job)!;
        Assert.Equal(OperationOutcome.Cancelled, Assert.Single(record.Outcomes).Outcome);
        Assert.Equal(names, record.Unfinished(_host.Prefix.Call().Registry).Select(u => u.Now!.Value));
        Assert.False(Directory.Exists(_host.Paths.RunDirectoryOf(names[0])));
    }

    [Fact]
    public void Vapt_KilledAtEachStep_RecoveryLeavesNothing()
    {
        var name = FakeApt.Add(_host, "alpha", "exit 0", hook: "exit 0");
        File.WriteAllText(_host.Prefix.Directory + "/x.deb", "not really one");
        Run("alpha", "--", "update");
        var before = KernelCensus.Take(_host.Prefix);
        var point = 1;
        for (; ; point++)
        {
            var result = HostCommand.Run(
                _host.Prefix,
                new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(System.Globalization.CultureInfo.InvariantCulture) },
                "--as", "vapt", "alpha", "--", "install", _host.Prefix.Directory + "/x.deb");
            if (!result.WasKilled)
            {
                Assert.Equal(0, result.ExitCode);
                break;
            }

            _host.Expect("--as", "vserver-jobs", "recover");
            foreach (var record in Directory.EnumerateFiles(_host.Paths.State + "/packages", "*.json").OrderBy(File.GetLastWriteTimeUtc).Skip(1))
            {
                File.Delete(record);
            }

            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_host.Paths.TreeOf(name)), f => f.Contains("packages", StringComparison.Ordinal));
            Assert.False(File.Exists(_host.Paths.TreeOf(name) + "/usr/sbin/policy-rc.d"));
            KernelCensus.AssertSame(before, _host.Prefix);
        }

        Assert.True(point > 15, $"only {point} points");
    }

    [Theory]
    [InlineData(true, "update")]
    [InlineData(true, "upgrade", "--with-new-pkgs")]
    [InlineData(true, "install", "g++", "libc6:amd64", "nginx=1.2.3-4~bpo11+1", "--no-install-recommends")]
    [InlineData(true, "purge", "nginx")]
    [InlineData(false)]
    [InlineData(false, "-o", "Dpkg::Pre-Invoke::=id", "update")]
    [InlineData(false, "update", "-oAPT::Update::Pre-Invoke::=id")]
    [InlineData(false, "update", "-c", "x")]
    [InlineData(false, "install", "nginx-")]
    [InlineData(false, "install", "./x")]
    [InlineData(false, "install", "/root/x.deb")]
    [InlineData(false, "install", "nginx=1;id")]
    [InlineData(false, "install", "nginx/../x")]
    [InlineData(false, "install", "x:y:z")]
    [InlineData(false, "install", "")]
    [InlineData(false, "download", "nginx")]
    [InlineData(false, "source", "nginx")]
    [InlineData(false, "changelog", "nginx")]
    public void Panel_AptWords_AreThoseThatRunNothingElse(bool expected, params string[] words) => Assert.Equal(expected, new AptGet().IsOpenToPanel(words));

    [Theory]
    [InlineData(true, "-e", "bash")]
    [InlineData(true, "-Uvh", "--test")]
    [InlineData(false)]
    [InlineData(false, "-e", "--eval", "%(id)")]
    [InlineData(false, "-E", "%(id)")]
    [InlineData(false, "-qa", "--pipe", "id")]
    [InlineData(false, "--root", "/x", "-e", "bash")]
    [InlineData(false, "-Uvh", "http://evil.example/x")]
    public void Panel_RpmWords_AreThoseThatRunNothingElse(bool expected, params string[] words) => Assert.Equal(expected, new RpmProgram().IsOpenToPanel(words));

    [Theory]
    [InlineData("/etc/passwd.deb", ProblemCode.NotPermitted)]
    [InlineData("missing.deb", ProblemCode.NotFound)]
    [InlineData("link.deb", ProblemCode.NotPermitted)]
    [InlineData("../x.deb", ProblemCode.NotPermitted)]
    public void Panel_FileOfTheHost_IsRefused(string file, ProblemCode expected)
    {
        FakeApt.Add(_host, "shop", "exit 0");
        File.WriteAllText(_host.Paths.State + "/x.deb", "secret");
        File.CreateSymbolicLink(_host.Paths.Images + "/link.deb", "../x.deb");
        var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["SUDO_USER"] = "vserverpanel" }, "--json", "--as", "vapt", "shop", "--", "install", file);
        Assert.Equal(expected, result.Problem.Code);
    }

    [Fact]
    public void Panel_FileOfTheImageFolder_IsInstalled()
    {
        FakeApt.Add(_host, "shop", "for last; do :; done; cat $last");
        File.WriteAllText(_host.Paths.Images + "/tool.deb", "a tool\n");
        var result = HostCommand.Run(_host.Prefix, new Dictionary<string, string> { ["SUDO_USER"] = "vserverpanel" }, "--json", "--as", "vapt", "shop", "--", "install", "tool.deb");
        Assert.Contains(result.Events.OfType<LogEvent>(), l => l.Text == "shop: a tool");
    }

    [Fact]
    public void Vapt_Plan_TellsAndDoesNothing()
    {
        FakeApt.Add(_host, "calm", "exit 0");
        var plan = Run("--plan", "--unify", "ALL", "--", "upgrade").Result<OperationPlan>();
        Assert.Equal(2, plan.Steps.Count);
        Assert.Contains("started without its services", plan.Steps[0].Title, StringComparison.Ordinal);
        Assert.Empty(_host.Prefix.ReadJournal());
    }

    private CommandOutput Run(params string[] words) => _host.VServer(["--json", "--as", "vapt", .. words]);

    private static Dictionary<string, PackageOutcome> Outcomes(CommandOutput output) => output.Events.OfType<ItemEvent>()
        .Where(i => i.Kind == ItemKinds.PackageOutcome)
        .Select(i => WireProtocol.FromElement<PackageOutcome>(i.Data))
        .ToDictionary(o => o.VServer.Value, StringComparer.Ordinal);
}
