using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

[Collection(RealHost.Name)]
public sealed class GuestProgramTests : IDisposable
{
    private const string Script = "#!/bin/sh\necho \"$(hostname) ${0##*/} $*\"\nexit 6\n";
    private readonly TrialHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("service", "usr/sbin", "cron", "--full-restart")]
    [InlineData("service", "sbin", "--status-all")]
    [InlineData("chkconfig", "sbin", "--list", "--json")]
    public void Run_ProgramOfTheGuest_HasItsWordsAndExitCode(string verb, string directory, params string[] words)
    {
        Start();
        Install($"{directory}/{verb}");
        var result = _host.VServer(["alpha", verb, .. words]);
        Assert.Equal($"inner {verb} {string.Join(' ', words)}\n", result.Output);
        Assert.Equal(6, result.ExitCode);
        Assert.Equal([JournalPhase.Asked, JournalPhase.Ended], _host.Prefix.ReadJournal().Where(e => e.Operation == verb).Select(e => e.Phase));
    }

    [Theory]
    [InlineData("service", "'vserver alpha exec /etc/init.d/SERVICE start'")]
    [InlineData("chkconfig", "'vserver alpha exec update-rc.d SERVICE defaults' or 'vserver alpha exec systemctl enable SERVICE'")]
    public void Run_GuestHasNoSuchProgram_SaysWhatToDo(string verb, string instead)
    {
        Start();

        // a link that leads out of the root leads to nothing in it
        File.CreateSymbolicLink($"{_host.Paths.TreeOf(VServerName.Parse("alpha"))}/sbin/{verb}", "/../../../../../../../usr/bin/env");
        var problem = _host.VServer("--json", "alpha", verb, "cron").Problem;
        Assert.Equal(ProblemCode.MissingTool, problem.Code);
        Assert.Contains(instead, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service")]
    [InlineData("chkconfig")]
    public void Run_NotRunning_SaysSo(string verb)
    {
        _host.Add("alpha", hasInit: false);
        var result = _host.VServer("--json", "alpha", verb, "cron");
        Assert.Equal(3, result.ExitCode);
        Assert.Equal(ProblemCode.NotRunning, result.Problem.Code);
    }

    private void Start()
    {
        _host.Add("alpha", "S_HOSTNAME=inner\n", hasInit: false);
        _host.Expect("alpha", "start");
    }

    private void Install(string path)
    {
        var file = $"{_host.Paths.TreeOf(VServerName.Parse("alpha"))}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, Script);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
