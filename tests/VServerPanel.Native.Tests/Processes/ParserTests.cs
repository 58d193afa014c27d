using CsCheck;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Processes;

public sealed class ParserTests
{
    private const string Sample = "1234 (a (odd) name) S 1 1234 1234 0 -1 4194560 105 0 0 0 12 34 0 0 20 0 1 0 5678 8450048 205 18446744073709551615 1 1 0\n";

    [Fact]
    public void ProcessStat_NameWithParentheses_IsRead()
    {
        Assert.True(ProcessStat.TryParse(Sample, out var stat));
        Assert.Equal(new ProcessStat(1234, "a (odd) name", 'S', 1, 12, 34, 5678, 8450048, 205), stat);
    }

    [Fact]
    public void ProcessStat_OwnProcess_IsRead()
    {
        Assert.True(ProcessStat.TryParse(File.ReadAllText("/proc/self/stat"), out var stat));
        Assert.Equal(Environment.ProcessId, stat.Pid);
        Assert.True(stat.VirtualBytes > stat.ResidentPages * 4096);
    }

    [Fact]
    public void ProcessStat_AnyText_NeverThrows()
    {
        Gen.String.Sample(text => ProcessStat.TryParse(text, out _) || true, iter: 20_000);

        // any piece of a good line, and any line with one character changed
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Char).Sample((at, c) =>
            (ProcessStat.TryParse(Sample.AsSpan(0, at), out _) || true) && (ProcessStat.TryParse(string.Concat(Sample.AsSpan(0, at), [c], Sample.AsSpan(at + 1)), out _) || true));
    }

    [Theory]
    [InlineData("total_rss 4096\ntotal_mapped_file 100\n", "total_rss", 4096)]
    [InlineData("rss 1\ntotal_rss 4096\n", "rss", 1)]
    [InlineData("user_usec 12345\n", "user", 0)]
    [InlineData("user x\n", "user", 0)]
    [InlineData("", "user", 0)]
    public void CounterFile_Key_IsFoundWhole(string text, string key, long expected) => Assert.Equal(expected, CounterFile.Find(text, key));

    [Fact]
    public void CgroupTree_HybridMounts_AreTold()
    {
        var tree = CgroupTree.Parse("""
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """);
        Assert.True(tree.IsHybrid);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/vservers/a", tree.PathOf("cpuacct", "/vservers/a"));
        Assert.Equal("/sys/fs/cgroup/systemd/vservers/a", tree.PathOf("name=systemd", "/vservers/a"));
        Assert.Null(tree.PathOf("memory", "/vservers/a"));
        Assert.Equal(3, tree.PathsOf("/vservers/a").Count());
    }

    [Fact]
    public void CgroupTree_Version2_HasEverythingInOnePlace()
    {
        var tree = CgroupTree.Parse("30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
        Assert.True(tree.IsUnified);
        Assert.False(tree.IsHybrid);
        Assert.Equal("/sys/fs/cgroup/vservers/a", tree.PathOf("memory", "/vservers/a"));
    }

    [Fact]
    public void CgroupTree_AnyText_NeverThrows() => Gen.String.Sample(text => CgroupTree.Parse(text + " - cgroup x " + text) is not null, iter: 5_000);

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(4096, "4.0K")]
    [InlineData(1_572_864, "1.5M")]
    [InlineData(5_368_709_120, "5.0G")]
    public void Size_IsShort(long bytes, string expected) => Assert.Equal(expected, StatusTable.Size(bytes));

    [Theory]
    [InlineData(3.95, "0m03s95")]
    [InlineData(7_999, "2h13m19")]
    [InlineData(436_320, "5d01h12")]
    public void Duration_AsTheClassics(double seconds, string expected) => Assert.Equal(expected, StatusTable.Duration(seconds));

    [Theory]
    [InlineData("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=x\n", "Debian GNU/Linux 12 (bookworm)")]
    [InlineData("NAME=x\nPRETTY_NAME=Alpine\u001b[31m\n", "Alpine[31m")]
    [InlineData("", "")]
    public void OsRelease_PrettyName_HasNoControlCharacters(string text, string expected) => Assert.Equal(expected, SettledStatus.ParsePrettyName(text));

    [Fact]
    public void Passwd_AndGroup_AreRead()
    {
        Assert.Equal(new GuestUser("ann", 1000, 1001, [], "/home/ann", "/bin/sh"), GuestUser.ParsePasswd("root:x:0:0::/root:/bin/sh\nann:x:1000:1001:,,,:/home/ann:\n", "ann") is { } user ? user with { Groups = [] } : null, new SameUser());
        Assert.Null(GuestUser.ParsePasswd("ann:x:-1:1001:,,,:/home/ann:/bin/sh\nbroken\n", "ann"));
        Assert.Equal([4u, 50u], GuestUser.ParseGroups("adm:x:4:syslog,ann\nann:x:1001:\nstaff:x:50:ann\nannette:x:6:annette\n", "ann"));
        Gen.String.Sample(text => (GuestUser.ParsePasswd(text, "0") is null || true) && GuestUser.ParseGroups(text, "0") is not null, iter: 5_000);
    }

    [Fact]
    public void ConsoleLog_PartialLines_AreJoined()
    {
        string[] lines = ["2026-11-23T14:36:58.052880791+00:00 stdout P hel", "2026-11-23T14:36:58.052880792+00:00 stdout F lo\r", "garbage", "2026-11-23T14:36:59.1+00:00 stdout F two"];
        Assert.Equal(["hello", "two"], ConsoleLog.Parse(lines, 10).Select(l => l.Text));
        Assert.Equal(["two"], ConsoleLog.Parse(lines, 1).Select(l => l.Text));
    }

    [Theory]
    [InlineData("[\u001b[0;32m  OK  \u001b[0m] Started \u001b[0;1;39mx\u001b[0m.", "[  OK  ] Started x.")]
    [InlineData("cut off \u001b[0;3", "cut off ")]
    [InlineData("plain [text]", "plain [text]")]
    public void ConsoleLog_Colours_AreLeftOut(string text, string expected) => Assert.Equal(expected, ConsoleLog.WithoutColours(text));

    [Fact]
    public void Changes_WhatNobodySees_AreNotTold()
    {
        var status = new VServerStatus { Id = Guid.NewGuid(), Name = VServerName.Parse("a"), State = VServerState.Running, Addresses = ["192.0.2.1"], UserSeconds = 1 };
        var changes = new StatusChanges();
        Assert.True(changes.Take(status));
        Assert.False(changes.Take(status with { UserSeconds = 1.05, Addresses = ["192.0.2.1"], ResidentBytes = 1000 }));
        Assert.True(changes.Take(status with { UserSeconds = 1.2 }));
        Assert.True(changes.Take(status with { UserSeconds = 1.2, State = VServerState.Stopped }));
        Assert.True(changes.Take(status with { UserSeconds = 1.2, State = VServerState.Stopped, Addresses = ["192.0.2.2"] }));
        Assert.Equal(status.Id, Assert.Single(changes.Missing([])).Id);
        Assert.Empty(changes.Missing([]));
    }

    private sealed class SameUser : IEqualityComparer<GuestUser?>
    {
        public bool Equals(GuestUser? x, GuestUser? y) => x is not null && y is not null && (x.Name, x.Uid, x.Gid, x.Home, x.Shell) == (y.Name, y.Uid, y.Gid, y.Home, y.Shell);

        public int GetHashCode(GuestUser? obj) => 0;
    }
}
