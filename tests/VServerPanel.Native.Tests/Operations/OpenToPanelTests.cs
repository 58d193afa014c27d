using VServerPanel.Native.Commands;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

/// <summary>What the panel's one sudo rule reaches.</summary>
public sealed class OpenToPanelTests : IDisposable
{
    private static readonly Dictionary<string, string> s_asPanel = new() { ["SUDO_USER"] = "vserverpanel" };
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Tables_OpenToThePanel_AreThoseItCalls()
    {
        Assert.Equal(["newvserver", "vapt", "vcheck", "vdnf", "vdu", "vfiles", "vkill", "vps", "vrpm", "vserver-hosts", "vserver-info", "vserver-jobs", "vserver-moves", "vserver-standby", "vserver-stat", "vserver-trash", "vunify"], ToolTable.Tools.Where(t => t.OpenToPanel).Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["build", "config", "delete", "deunify", "log", "move", "promote", "readdress", "rename", "restart", "running", "share", "standby", "start", "status", "stop", "terminal", "unify"],
            ToolTable.Verbs.Where(v => v.OpenToPanel).Select(v => v.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--as", "vserver-setup", "--status")]
    [InlineData("--as", "vdu", "/etc")]
    [InlineData("--as", "vserver-boot", "start")]
    [InlineData("--as", "vserver-exited", "shop", "0")]
    [InlineData("--as", "chcontext", "--ctx", "0", "id")]
    [InlineData("--as", "chbind", "--ip", "0.0.0.0", "id")]
    [InlineData("--as", "reducecap", "--secure", "id")]
    [InlineData("--as", "vtop")]
    [InlineData("--as", "v_sshd", "stop")]
    [InlineData("shop", "exec", "id")]
    [InlineData("shop", "enter")]
    [InlineData("shop", "suexec", "root", "id")]
    [InlineData("shop", "service", "cron", "stop")]
    [InlineData("shop", "chkconfig", "cron", "off")]
    public void Panel_ClosedCommand_IsRefused(params string[] words)
    {
        File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse("shop")), "");
        var result = HostCommand.Run(_prefix, s_asPanel, ["--json", .. words]);
        Assert.Equal(ProblemCode.NotPermitted, result.Problem.Code);
        Assert.Contains("not for the panel", result.Problem.Message, StringComparison.Ordinal);
        Assert.Empty(_prefix.ReadJournal());
    }

    [Fact]
    public void Panel_OpenCommand_IsCarriedOut() =>
        Assert.IsType<ResultEvent>(HostCommand.Run(_prefix, s_asPanel, "--json", "--as", "vserver-jobs", "list").Events[^1]);

    [Theory]
    [InlineData("config", "set", "ONBOOT=yes")]
    [InlineData("start")]
    public void Job_IdThatIsKnown_IsRefused(params string[] words)
    {
        const string Id = "0123456789abcdef0123456789abcdef";
        File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse("shop")), "");
        Assert.IsType<ResultEvent>(HostCommand.Run(_prefix, "--json", "--job", Id, "shop", "config", "set", "ONBOOT=no").Events[^1]);
        var again = HostCommand.Run(_prefix, ["--json", "--job", Id, "shop", .. words]);
        Assert.Equal(ProblemCode.AlreadyExists, again.Problem.Code);
        Assert.Equal(2, _prefix.ReadJournal().Count(e => e.OperationId == Id));
    }
}
