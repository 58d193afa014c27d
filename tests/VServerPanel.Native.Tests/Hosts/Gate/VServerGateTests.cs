using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Hosts.Gate;

/// <summary>The published command as sshd calls it: a user without rights, the words in a variable. In place of sudo stands a script that says
/// what it was given: mounted over it, for this command alone, since the gate looks for sudo where PATH cannot send it.</summary>
public sealed class VServerGateTests : IDisposable
{
    private const string Nobody = "65534";
    private readonly PrivatePrefix _prefix = new();

    public VServerGateTests()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/sudo"), "mounting over sudo needs root and sudo");
        File.WriteAllText(_prefix.Directory + "/sudo", "#!/bin/sh\nfor word in \"$@\"; do printf '<%s>' \"$word\"; done\n");
        File.SetUnixFileMode(_prefix.Directory + "/sudo", (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_prefix.Directory, (UnixFileMode)0b111_101_101);
    }

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Run_Words_GoToSudoAsTheyAre() => Assert.Equal(
        $"<-n><{_prefix.Directory}/usr/sbin/vserver><--as><vserver-stat><--json><a b><$(id)><><é>",
        Gate(RemoteWords.Write(["--as", "vserver-stat", "--json", "a b", "$(id)", "", "é"])).Output);

    [Theory]
    [InlineData("")]
    [InlineData("sh -c id")]
    [InlineData("vserver web1 start; id")]
    [InlineData("vserver 'web1' start")]
    public void Run_AnythingElse_IsRefusedOnTheWire(string line)
    {
        var (code, output) = Gate(line);
        Assert.NotEqual(0, code);
        Assert.Equal(ProblemCode.InvalidArgument, Assert.IsType<ProblemEvent>(WireProtocol.Read(output.Trim().Split('\n')[^1])).Code);
    }

    // sudo would take root for the caller, of whom the command believes everything
    [Fact]
    public void Run_AsRoot_IsRefused()
    {
        var output = HostCommand.Run(_prefix, new Dictionary<string, string>(StringComparer.Ordinal) { ["SSH_ORIGINAL_COMMAND"] = "vserver --as vserver-info" }, "--as", "vserver-gate");
        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains("is called by sshd", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7")]
    [InlineData("command=\"id\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK x\nssh-ed25519 AAAA")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA")]
    [InlineData("ssh-ed25519 -oProxyCommand=id")]
    [InlineData("")]
    public void Parse_NoKeyOfAPanel_IsRefused(string line) => Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => PanelKey.Parse(line)).Code);

    [Fact]
    public void Parse_KeyWithAComment_IsTheKeyAlone() => Assert.Equal(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK",
        PanelKey.Parse(" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK a \"comment\" ").Text);

    private (int Code, string Output) Gate(string line)
    {
        const string AsNobody = $"mount --bind \"$0\" /usr/bin/sudo && exec setpriv --reuid={Nobody} --regid={Nobody} --clear-groups \"$@\"";
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["SSH_ORIGINAL_COMMAND"] = line };
        using var process = HostCommand.Start(_prefix, variables, "/usr/bin/unshare", "--mount", "/bin/sh", "-c", AsNobody, _prefix.Directory + "/sudo", HostCommand.Path, "--as", "vserver-gate");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
