using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Configuration;

public sealed class ConfigVerbTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("shop");
    private readonly HostPaths _paths = new(Directory.CreateTempSubdirectory("vs-conf-").FullName);
    private readonly StringWriter _output = new();

    public ConfigVerbTests()
    {
        _paths.EnsureDirectories();
        File.WriteAllText(_paths.ConfOf(s_name), "S_HOSTNAME=shop # the shop\nIPROOT=10.0.0.2\nONBOOT=no\n");
    }

    public void Dispose()
    {
        Directory.Delete(_paths.Prefix, recursive: true);
        _output.Dispose();
    }

    [Fact]
    public void Show_File_TellsTextDigestValuesAndFindings()
    {
        File.AppendAllText(_paths.ConfOf(s_name), "rm -rf /\n");
        var document = Run<ConfDocument>("show");
        Assert.Equal(File.ReadAllText(_paths.ConfOf(s_name)), document.Text);
        Assert.Equal("shop", document.Values["S_HOSTNAME"]);
        Assert.Equal(4, Assert.Single(document.Findings).Line);
        Assert.Equal(64, document.Digest.Length);
    }

    [Fact]
    public void Set_Keys_ChangesThemAndJournalsBeforeAndAfter()
    {
        var digest = Run<ConfDocument>("show").Digest;
        var document = Run<ConfDocument>("set", "--digest", digest, "ONBOOT=yes", "S_NICE=5");
        Assert.Equal("S_HOSTNAME=shop # the shop\nIPROOT=10.0.0.2\nONBOOT=yes\nS_NICE=\"5\"\n", document.Text.Replace("S_NICE=\"5\"\nONBOOT=yes\n", "ONBOOT=yes\nS_NICE=\"5\"\n", StringComparison.Ordinal));
        Assert.Equal(document.Text, File.ReadAllText(_paths.ConfOf(s_name)));
        var ended = new Native.Auditing.Journal(_paths).Read(0).Last();
        Assert.Equal(("configure", OperationOutcome.Succeeded), (ended.Operation, ended.Outcome!.Value));
        Assert.Contains("ONBOOT=no", ended.Before, StringComparison.Ordinal);
        Assert.Contains("ONBOOT=yes", ended.After, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_ChangedMeanwhile_IsAConflict()
    {
        var digest = Run<ConfDocument>("show").Digest;
        File.AppendAllText(_paths.ConfOf(s_name), "# edited\n");
        Assert.Equal(ProblemCode.Conflict, Assert.Throws<ProblemException>(() => Run<ConfDocument>("set", "--digest", digest, "ONBOOT=yes")).Code);
    }

    [Theory]
    [InlineData("IPROOT=nowhere", ProblemCode.InvalidConfiguration)]
    [InlineData("S_HOSTNAME=a_b", ProblemCode.InvalidConfiguration)]
    [InlineData("no key=1", ProblemCode.InvalidArgument)]
    [InlineData("nothing", ProblemCode.InvalidArgument)]
    public void Set_Wrong_ChangesNothing(string change, ProblemCode code)
    {
        var before = File.ReadAllText(_paths.ConfOf(s_name));
        Assert.Equal(code, Assert.Throws<ProblemException>(() => Run<ConfDocument>("set", change)).Code);
        Assert.Equal(before, File.ReadAllText(_paths.ConfOf(s_name)));
    }

    [Theory]
    [InlineData("10.0.1.{0}", 16, true)]
    [InlineData("10.0.1.{0}", 17, false)]
    [InlineData("2001:db8::{0}", 17, false)]
    public void Set_ManyAddresses_AreRefusedBeyondSixteenOfAKind(string pattern, int count, bool isTaken)
    {
        var addresses = string.Join(' ', Enumerable.Range(1, count).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, i)).Append(pattern.Contains(':', StringComparison.Ordinal) ? "10.0.0.1" : "2001:db8::1"));
        if (isTaken)
        {
            Assert.Empty(Run<ConfDocument>("set", $"IPROOT={addresses}").Findings);
            return;
        }

        var problem = Assert.Throws<ProblemException>(() => Run<ConfDocument>("set", $"IPROOT={addresses}"));
        Assert.Equal(ProblemCode.InvalidConfiguration, problem.Code);
        Assert.Contains("at most 16 of each kind. Take 1 out", problem.Message, StringComparison.Ordinal);
        Assert.Contains("IPROOT=10.0.0.2\n", File.ReadAllText(_paths.ConfOf(s_name)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rm -rf /\n")]
    [InlineData("NOTE=$(id)\n")]
    [InlineData("case $PROFILE in\nprod) id ;;\nesac\n")]
    public void Change_FromThePanel_TakesNoNewShellCode(string code)
    {
        var old = File.ReadAllText(_paths.ConfOf(s_name));
        Assert.Equal(ProblemCode.NotPermitted, Assert.Throws<ProblemException>(() => Change("vserverpanel", old + code)).Code);
        Assert.Equal(old, File.ReadAllText(_paths.ConfOf(s_name)));

        // root may, and then the panel may keep it, and take it out
        Change(null, old + code);
        Change("vserverpanel", old + code + "ONBOOT=yes\n");
        Change("vserverpanel", old);
        Assert.Equal(old, File.ReadAllText(_paths.ConfOf(s_name)));
    }

    [Fact]
    public void Show_AddressOfAnother_IsAWarning()
    {
        File.WriteAllText(_paths.ConfOf(VServerName.Parse("spare")), "IPROOT=eth0:10.0.0.2/24\n");
        var warning = Assert.Single(Run<ConfDocument>("show").Findings);
        Assert.Equal((2, "IPROOT", false), (warning.Line, warning.Key, warning.IsError));
        Assert.Contains("spare", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("S_NICE=1\nONBOOT=no\n", "S_NICE=2\nONBOOT=yes\n", "S_NICE")]
    [InlineData("IPROOT=10.0.0.2\n", "IPROOT=10.0.0.3\n", "")]
    [InlineData("IPROOT=10.0.0.2\n", "IPROOT=\n", "IPROOT")]
    [InlineData("IPROOT=10.0.0.2\n", "IPROOT=10.0.0.3\nNETWORK_MODE=private\n", "IPROOT NETWORK_MODE")]
    public void RestartNeeded_ChangedKeys_AreThoseThatTheStartReads(string old, string changed, string keys) =>
        Assert.Equal(keys, string.Join(' ', ConfChecks.RestartNeeded(ConfFile.Parse(old), ConfFile.Parse(changed))));

    private void Change(string? sudoUser, string text) => ConfigChange.Run(s_name, null, () => ConfFile.Parse(text), new Invocation
    {
        Paths = _paths,
        Report = new JsonReporter(_output, TimeProvider.System),
        Options = new GlobalOptions(),
        Actor = new Actor("root", sudoUser),
        Words = ["vserver", "shop", "config", "set"],
    });

    private T Run<T>(params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        var call = new Invocation
        {
            Paths = _paths,
            Report = new JsonReporter(_output, TimeProvider.System),
            Options = new GlobalOptions { Json = true },
            Actor = new Actor("root"),
            Words = ["vserver", "shop", "config", .. arguments],
        };
        new ConfigVerb().Run(s_name, arguments, call);
        var last = _output.ToString().TrimEnd('\n').Split('\n')[^1];
        return WireProtocol.FromElement<T>(Assert.IsType<ResultEvent>(WireProtocol.Read(last)).Data!.Value);
    }
}
