using System.Text;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Processes;

public sealed class ProcessParserTests
{
    [Theory]
    [InlineData("12:memory:/vservers/web1\n8:pids:/vservers/web1/init.scope\n0::/\n", "pids", "web1")]
    [InlineData("8:cpu,pids:/vservers/web1\n", "pids", "web1")]
    [InlineData("0::/vservers/web1/system.slice/nginx.service\n", "", "web1")]
    [InlineData("0::/vservers/.context-49152\n", "", ".context-49152")]
    [InlineData("0::/vservers\n", "", null)]
    [InlineData("0::/vservers/\n", "", null)]
    [InlineData("0::/vservers-0123abcd/web1\n", "", null)]
    [InlineData("8:pids:/user.slice\n0::/vservers/web1\n", "pids", null)]
    [InlineData("1:name=systemd:/vservers/web1\n", "", null)]
    [InlineData("nonsense\n", "", null)]
    public void NameIn_EveryHierarchy_IsRead(string text, string controller, string? expected) =>
        Assert.Equal(expected, ContextTable.NameIn(text, controller, "/vservers"));

    [Fact]
    public void Details_Status_EffectiveUserAndInnermostPid()
    {
        const string Status = "Name:\tsh\nState:\tS (sleeping)\nPid:\t4711\nUid:\t1000\t0\t0\t0\nNSpid:\t4711\t40\t12\n";
        Assert.Equal((0u, 12), ProcessDetails.Parse(Status));
        Assert.Equal((5u, 7), ProcessDetails.Parse("Uid:\t1\t5\t5\t5\nNSpid:\t7\n"));
        Assert.Null(ProcessDetails.Parse("Name:\tsh\n"));
    }

    [Fact]
    public void Words_WhateverAProcessWrote_IsOneHarmlessLine()
    {
        Assert.Equal("sh -c exit 0", ProcessDetails.Words("sh\0-c\0exit 0\0"u8));
        Assert.Equal("", ProcessDetails.Words(""u8));
        Assert.Equal("a\ufffd[2Jb\ufffdc", ProcessDetails.Words("a\e[2Jb\nc"u8));
        Assert.Equal("rm \ufffdx\ufffd", ProcessDetails.Words(Encoding.UTF8.GetBytes("rm \u202ex\u200b")));
        Assert.Equal("\ufffd\ufffd", ProcessDetails.Words([0xff, 0xfe]));
        var endless = ProcessDetails.Words(Enumerable.Repeat((byte)'x', 20_000).ToArray());
        Assert.Equal((ProcessDetails.LongestCommandLine, 'x', '…'), (endless.Length, endless[^2], endless[^1]));
    }

    [Fact]
    public void UserNames_PasswdOfAGuest_IsReadAndHarmless()
    {
        var table = UserNames.Parse("root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\nann2:x:1000:1::/:\nbad\n:x:5:5::/:\nb\u0007d:x:6:6::/:/bin/sh\nlong:x:99999999999:1::/:\n");
        Assert.Equal(new Dictionary<uint, string> { [0] = "root", [1000] = "ann", [6] = "b\ufffdd" }, table);
    }

    [Theory]
    [InlineData("9", 9)]
    [InlineData("0", 0)]
    [InlineData("KILL", 9)]
    [InlineData("sigterm", 15)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMIN", 34)]
    [InlineData("RTMIN+31", null)]
    [InlineData("32", null)]
    [InlineData("65", null)]
    [InlineData("", null)]
    [InlineData("SIG", null)]
    [InlineData("-9", null)]
    public void Signal_NameOrNumber_IsFound(string word, int? expected) => Assert.Equal(expected, SignalNames.Find(word));

    [Fact]
    public void Kill_Arguments_AreReadAsTheClassicHadThem()
    {
        Assert.Equal((15, new ProcessReference(12, null)), One(["12"]));
        Assert.Equal((9, new ProcessReference(12, 34)), One(["-9", "12:34"]));
        Assert.Equal((1, new ProcessReference(12, null)), One(["-HUP", "--", "12"]));
        Assert.Equal((3, new ProcessReference(12, null)), One(["-s", "QUIT", "12", "12"]));
        foreach (var wrong in (string[][])[[], ["-9"], ["-NOPE", "1"], ["0"], ["-1", "-1"], ["12:"], ["12:0"], ["12:x"], ["web1"], ["99999999999"]])
        {
            Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => VKillTool.Parse(wrong)).Code);
        }

        static (int, ProcessReference) One(string[] words)
        {
            var (signal, references) = VKillTool.Parse(words);
            return (signal, Assert.Single(references));
        }
    }

    [Fact]
    public void Columns_EveryShapeOfPs_GetsTheContextBehindThePid()
    {
        var web = new ProcessContext("/vservers/web1", VServerName.Parse("web1"), 100, 0, 0);
        ProcessContext? Of(int pid) => pid switch { 7 => null, 4711 or 4194304 => web, _ => ProcessContext.Host };
        Assert.Equal(
            ["    PID CONTEXT             TTY          TIME CMD", "      1     0 MAIN          ?        00:00:01 init", "   4711   100 web1          ?        00:00:00 nginx", "      7     ?               ?        00:00:00 ps"],
            Add(["    PID TTY          TIME CMD", "      1 ?        00:00:01 init", "   4711 ?        00:00:00 nginx", "      7 ?        00:00:00 ps"]));
        Assert.Equal(
            ["USER         PID CONTEXT             %CPU COMMAND", "root           1     0 MAIN           0.0 init", "1879048192  4711   100 web1           0.0 a 12 b"],
            Add(["USER         PID %CPU COMMAND", "root           1  0.0 init", "1879048192  4711  0.0 a 12 b"]));

        // too wide, no column, no heading
        Assert.Equal("  PID CONTEXT             S|4194304   100 web1          S", string.Join('|', Add(["  PID S", "4194304 S"])));
        Assert.Equal(["PPID SPID CMD", "   1    1 init"], Add(["PPID SPID CMD", "   1    1 init"]));
        Assert.Equal(["1 init", "2 x"], Add(["1 init", "2 x"]));
        Assert.Equal(["", "  PID"], Add(["", "  PID"]));

        IReadOnlyList<string> Add(string[] lines)
        {
            var columns = new PsColumns(Of, 4);
            return [.. lines.Select(columns.Add)];
        }
    }

    [Fact]
    public void Changes_OnlyWhatIsSeen_IsToldAgain()
    {
        var process = new ProcessInfo { Pid = 5, StartTicks = 100, State = "S", Name = "x", CommandLine = "x", CpuSeconds = 1, ResidentBytes = 1 << 22 };
        var changes = new ProcessChanges();
        Assert.Equal([process], Changed(process));
        Assert.Empty(Changed(process));
        Assert.Empty(Changed(process with { State = "R", CpuSeconds = 1.05, CpuPercent = 0.9, VirtualBytes = 5, ResidentBytes = (1 << 22) + 5 }));

        // measured against what was told, so that slow growth is told too
        Assert.Single(Changed(process with { CpuSeconds = 1.11 }));
        Assert.Single(Changed(process with { CpuSeconds = 1.11, State = "D" }));
        Assert.Single(Changed(process with { CpuSeconds = 1.11, State = "Z" }));
        Assert.Single(Changed(process with { CpuSeconds = 1.11, CommandLine = "y" }));

        var (gone, changed) = changes.Take([process with { StartTicks = 200 }]);
        Assert.Equal((new ProcessGone(5, 100), 200), (Assert.Single(gone), Assert.Single(changed).StartTicks));
        Assert.Equal([new ProcessGone(5, 200)], changes.Take([]).Gone);
        Assert.Empty(changes.Take([]).Gone);

        IReadOnlyList<ProcessInfo> Changed(ProcessInfo now) => changes.Take([now]).Changed;
    }
}
