using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Contexts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Contexts;

public sealed class ContextParserTests
{
    [Fact]
    public void Chcontext_Options_EndWithTheCommand()
    {
        var options = ChcontextOptions.Parse(
            ["--ctx", "7", "--xid=7", "--cap", "!CAP_CHOWN", "--cap", "net_raw", "--secure", "--disconnect", "--silent", "--hostname", "box", "--domainname", "none", "--flag", "lock", "--flag=fakeinit", "ls", "--ctx", "9"]);
        Assert.Equal((7, "box", "", VServerFlags.Lock | VServerFlags.FakeInit), (options.Context, options.Hostname, options.DomainName, options.Flags));
        Assert.True(options is { IsSecure: true, IsDisconnected: true, IsSilent: true });
        Assert.Equal(["CAP_CHOWN"], options.TakenCapabilities);
        Assert.Equal(["CAP_NET_RAW"], options.GivenCapabilities);
        Assert.Equal(["ls", "--ctx", "9"], options.Command);
        Assert.Equal(["--odd"], ChcontextOptions.Parse(["--", "--odd"]).Command);
        Assert.Null(ChcontextOptions.Parse(["ls"]).Context);
        Assert.Equal("example", ChcontextOptions.Parse(["--domainname=example", "ls"]).DomainName);
    }

    [Theory]
    [InlineData("--ctx")]
    [InlineData("--ctx", "x", "ls")]
    [InlineData("--ctx", "65536", "ls")]
    [InlineData("--ctx", "-1", "ls")]
    [InlineData("--cap", "NOPE", "ls")]
    [InlineData("--flag", "3", "ls")]
    [InlineData("--flag", "minit", "ls")]
    [InlineData("--hostname", "a b", "ls")]
    [InlineData("--nope", "ls")]
    [InlineData("--secure")]
    public void Chcontext_WrongOptions_AreRefused(params string[] words) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => ChcontextOptions.Parse(words)).Code);

    [Fact]
    public void Chcontext_TwoContexts_AreRefused() =>
        Assert.Equal(ProblemCode.Unsupported, Assert.Throws<ProblemException>(() => ChcontextOptions.Parse(["--ctx", "5", "--ctx", "6", "ls"])).Code);

    [Fact]
    public void Chbind_Options_AreRead()
    {
        var (addresses, broadcast, isSilent, command) = ChbindTool.Parse(["--ip", "192.0.2.1/24", "--ip=2001:db8::1", "--ip", "192.0.2.2/255.255.255.0", "--bcast", "192.0.2.255", "--silent", "--", "--x"]);
        Assert.Equal([("192.0.2.1", 24), ("2001:db8::1", null), ("192.0.2.2", 24)], addresses.Select(a => (a.Address.ToString(), a.PrefixLength)));
        Assert.Equal((IPAddress.Parse("192.0.2.255"), true), (broadcast, isSilent));
        Assert.Equal(["--x"], command);
        Assert.Empty(ChbindTool.Parse(["--ip", "0.0.0.0", "ls"]).Addresses);
        foreach (var wrong in (string[][])[["ls"], ["--ip", "192.0.2.1"], ["--ip"], ["--ip", "192.0.2.300", "ls"], ["--ip", "1.2.3.4/40", "ls"], ["--bcast", "nodevice0", "--ip", "192.0.2.1", "ls"], ["--nope", "ls"],
            [.. Enumerable.Range(1, 17).Select(i => $"--ip=192.0.2.{i}"), "ls"]])
        {
            Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => ChbindTool.Parse(wrong)).Code);
        }

        Assert.Equal("127.0.0.1", BoundAddress.Find("lo").Address.ToString());
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => BoundAddress.Find("no-such-host.invalid")).Code);
    }

    [Fact]
    public void Reducecap_Options_AreRead()
    {
        var (isSecure, isShown, flags, taken, command) = ReducecapTool.Parse(["--secure", "--show", "--cap_net_raw", "--CHOWN", "--flag", "lock", "sh", "--secure"]);
        Assert.Equal((true, true, VServerFlags.Lock), (isSecure, isShown, flags));
        Assert.Equal(["CAP_NET_RAW", "CAP_CHOWN"], taken);
        Assert.Equal(["sh", "--secure"], command);
        Assert.Throws<ProblemException>(() => ReducecapTool.Parse(["--cap_nope", "sh"]));
        var lines = ReducecapTool.Show((1, 1, 0), new HashSet<string> { "CAP_CHOWN", "CAP_KILL" }, ["CAP_KILL"]).ToList();
        Assert.Equal(["CAPABILITY               CEILING EFFECTIVE", "CAP_CHOWN                yes     yes"], lines.Take(2));
        Assert.Equal("CAP_KILL                 no      no", lines[6]);
    }

    [Fact]
    public void Ceiling_SecureSet_IsWhatAVServerDoesNotHave()
    {
        Assert.Equal(Native.Isolation.SecureSet.Names.Order(StringComparer.Ordinal), CapabilityCeiling.Taken(true, [], []).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("CAP_NET_RAW", CapabilityCeiling.Taken(true, ["CAP_NET_RAW"], []));
        Assert.Equal(["CAP_CHOWN"], CapabilityCeiling.Taken(false, ["CAP_CHOWN"], ["CAP_CHOWN"]));
    }

    [Theory]
    [InlineData(".context-0.bind-12", 0)]
    [InlineData(".context-49152", 49152)]
    [InlineData(".context-7.v_httpd", 7)]
    [InlineData(".context-", null)]
    [InlineData(".context-x", null)]
    [InlineData(".self-test-5", null)]
    [InlineData("web1", null)]
    public void Group_OfAContext_NamesItsNumber(string group, int? expected) => Assert.Equal(expected, ContextTable.NumberIn(group));

    [Fact]
    public void Status_OfTheCommand_SaysWhatWillBe()
    {
        const string Status = "Name:\tvserver\nUid:\t0\t0\t0\t0\nVmRSS:\t  12 kB\nRssAnon:\t  1 kB\nThreads:\t5\nCapInh:\t0000000000000001\nCapPrm:\t00000000000000ff\nCapEff:\t00000000000000ff\nCapBnd:\t00000000000000ff\nCapAmb:\t0000000000000000\nvoluntary_ctxt_switches:\t5\n";
        var setup = new ContextSetup { TakenCapabilities = ["CAP_CHOWN"] };
        Assert.Equal(
            "Name:\ta-program-with-\nUid:\t0\t0\t0\t0\nThreads:\t1\nCapInh:\t0000000000000000\nCapPrm:\t00000000000000fe\nCapEff:\t00000000000000fe\nCapBnd:\t00000000000000fe\nCapAmb:\t0000000000000000\n",
            StatusFiles.OfCommand(Status, setup, "/bin/a-program-with-a-long-name", isRoot: true));
        Assert.Contains("CapEff:\t0000000000000000\nCapBnd:\t00000000000000fe\n", StatusFiles.OfCommand(Status, setup, "x", isRoot: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Unit_ShownBySystemctl_IsItsCommand()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# a comment\nSSHD_OPTS=\"-p 2222\"\n");
            var unit = SystemdUnit.ParseProperties($"Type=notify\nLoadState=loaded\nExecStart={{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS $NONE ${{WHERE}}/x ; ignore_errors=no ; start_time=[n/a] ; pid=0 }}\nEnvironment=WHERE=/run A=b\nEnvironmentFiles={file} (ignore_errors=yes)\n");
            Assert.Equal("notify", unit["Type"]);
            Assert.Equal(["/usr/sbin/sshd", "-D", "-p", "2222", "/run/x"], SystemdUnit.Command(unit));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Throws<ProblemException>(() => SystemdUnit.Command(SystemdUnit.ParseProperties("ExecStart=\n")));
        Assert.Throws<ProblemException>(() => SystemdUnit.Command(SystemdUnit.ParseProperties("ExecStart={ path=/a ; argv[]=/a ; x=y } { path=/b ; argv[]=/b ; x=y }\n")));
    }
}
