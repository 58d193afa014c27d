using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Terminal;

[Collection(RealHost.Name)]
public sealed class TerminalTests : IDisposable
{
    private readonly TrialHost _host = new();

    public TerminalTests()
    {
        _host.Add("alpha", hasInit: false);
        _host.Expect("alpha", "start");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Terminal_Shell_HasATerminalOfTheGuestsOwnAndItsSize()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal", "--columns", "97", "--rows", "31");
        peer.Type("stty size; tty; echo $TERM $HOME-$(id -u); ls /proc/self/fd; echo done-1\n");
        peer.WaitFor("\ndone-1");
        Assert.True(peer.IsOpen);
        Assert.Contains("31 97", peer.Text, StringComparison.Ordinal);
        Assert.Contains("/dev/pts/", peer.Text, StringComparison.Ordinal);
        Assert.Contains("xterm-256color /root-0", peer.Text, StringComparison.Ordinal);

        peer.Send(new TerminalSize(132, 50));
        peer.Type("stty size; echo done-2\n");
        peer.WaitFor("\ndone-2");
        Assert.Contains("50 132", peer.Text, StringComparison.Ordinal);

        peer.Type("exit 7\n");
        Assert.Equal(7, peer.WaitForEnd());
        Assert.Equal(7, WireProtocol.FromElement<CommandOutcome>(Assert.IsType<ResultEvent>(peer.Last).Data!.Value).ExitCode);
        Assert.Empty(Directory.GetFiles(_host.Paths.RunDirectoryOf(VServerName.Parse("alpha")), "terminal-*"));
    }

    [Fact]
    public void Terminal_BinaryOutputAndKeys_PassUnchanged()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        peer.Type("stty raw -echo; echo begin; head -c 6 > /tmp/keys; cat /tmp/keys; dd if=/bin/busybox bs=1000 count=300 2>/dev/null; echo end-of-it; stty sane\n");
        TrialHost.Eventually(() => peer.Text.Split("begin").Length > 2, "the shell waits for keys");
        var keys = new byte[] { 0, 3, 4, 0x1b, 0xff, 0xc3 };
        peer.Send(new TerminalInput(keys));
        peer.WaitFor("end-of-it\n");
        var expected = keys.Concat(File.ReadAllBytes("/bin/busybox").Take(300_000)).ToArray();
        Assert.True(peer.Bytes.AsSpan().IndexOf(expected) > 0, "the bytes came through otherwise");
        peer.Type("exit\n");
        Assert.Equal(0, peer.WaitForEnd());
    }

    [Fact]
    public void Terminal_ControlC_EndsTheForegroundProgram()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        peer.Type("echo wait-$((1+1)); sleep 1000\n");
        peer.WaitFor("wait-2");
        TrialHost.Eventually(() => IsRunning("sleep 1000"), "sleep runs");
        peer.Type("\u0003");
        TrialHost.Eventually(() => !IsRunning("sleep 1000"), "sleep has ended");
        peer.Type("exit\n");
        peer.WaitForEnd();
    }

    [Fact]
    public void Terminal_ReaderGone_EndsWhatRanOnIt()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        peer.Type("sleep 1001\n");
        TrialHost.Eventually(() => IsRunning("sleep 1001"), "sleep runs");
        peer.HangUp();
        Assert.True(peer.WaitForEnd() > 128);
        TrialHost.Eventually(() => !IsRunning("sleep 1001"), "nothing is left of it");
        var ended = _host.Prefix.ReadJournal().Single(e => e is { Operation: "terminal", Phase: JournalPhase.Ended });
        Assert.Equal(OperationOutcome.Succeeded, ended.Outcome);
        Assert.DoesNotContain(ended.Command, w => w.Contains("sleep", StringComparison.Ordinal));
    }

    [Fact]
    public void Terminal_ShellThatIgnoresTheHangUp_IsKilled()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        peer.Type("trap '' HUP TERM; echo deaf-$((1+1)); while true; do true; done\n");
        peer.WaitFor("deaf-2");
        peer.Send(new TerminalClose());
        Assert.Equal(137, peer.WaitForEnd());
    }

    [Fact]
    public void Terminal_OutputThatNobodyReads_HoldsUpTheProgramAndTakesNoMemory()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal") { IsPaused = true };
        peer.Type("yes\n");
        Thread.Sleep(1500);
        var before = Resident(peer.Pid);
        Thread.Sleep(1500);
        Assert.True(Resident(peer.Pid) - before < 4 << 20, $"{before} grew to {Resident(peer.Pid)}");

        // it is held up, not dead: read on, and the keys reach it
        peer.IsPaused = false;
        peer.WaitFor("y\r\ny\r\n");
        peer.Type("\u0003");
        peer.Type("echo still-$((40+2)); exit\n");
        peer.WaitFor("still-42");
        peer.WaitForEnd();
    }

    [Fact]
    public void Terminal_VServerStops_Ends()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        TrialHost.Eventually(() => peer.IsOpen, "it is open");
        _host.Expect("alpha", "stop");
        peer.WaitForEnd();
        Assert.True(peer.Last!.IsLast);
    }

    [Fact]
    public void Terminal_LeftInTheBackground_DoesNotKeepItOpen()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        peer.Type("(trap '' HUP; exec yes) & sleep 1; exit 3\n");
        Assert.Equal(3, peer.WaitForEnd());
    }

    [Theory]
    [InlineData("--columns")]
    [InlineData("--columns", "0")]
    [InlineData("--rows", "100000")]
    [InlineData("--user", "root")]
    public void Terminal_WrongArguments_AreRefused(params string[] arguments) =>
        Assert.Equal(ProblemCode.InvalidArgument, _host.VServer(["--json", "alpha", "terminal", .. arguments]).Problem.Code);

    [Fact]
    public void Terminal_LineThatIsNone_ClosesIt()
    {
        using var peer = new TerminalPeer(_host, "alpha", "terminal");
        TrialHost.Eventually(() => peer.IsOpen, "it is open");
        peer.SendLine("rm -rf /");
        Assert.True(peer.WaitForEnd() > 128);
    }

    [Fact]
    public void Terminal_NotRunning_SaysSo()
    {
        _host.Expect("alpha", "stop");
        Assert.Equal(ProblemCode.NotRunning, _host.VServer("--json", "alpha", "terminal").Problem.Code);
    }

    private bool IsRunning(string command) => _host.VServer("alpha", "exec", "ps").Output.Contains(command, StringComparison.Ordinal);

    private static long Resident(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
