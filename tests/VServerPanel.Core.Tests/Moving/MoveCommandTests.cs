using VServerPanel.Core.Hosts;
using VServerPanel.Core.Moving;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Moving;

public class MoveCommandTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");

    [Fact]
    public void Words_Defaults_KeepTheOldCopyAWeek() => Assert.Equal("vserver web1 move --to host2 --keep 7", Text(new MoveRequest("host2")));

    [Fact]
    public void Words_AllThatCanBeAsked_AreOptionsOfTheCommand() => Assert.Equal(
        "vserver web1 move --to host2 --bandwidth 5000000 --checksums --keep 0 --no-start --unify",
        Text(new MoveRequest("host2") { Bandwidth = 5_000_000, Checksums = true, KeepDays = 0, Start = false, Unify = true }));

    [Theory]
    [InlineData("", null, 7)]
    [InlineData("--plan", null, 7)]
    [InlineData("a b", null, 7)]
    [InlineData("host2\n", null, 7)]
    [InlineData("host2", 10L, 7)]
    [InlineData("host2", -1L, 7)]
    [InlineData("host2", null, -1)]
    [InlineData("host2", null, 366)]
    public void Fault_WhatTheHostWouldRefuse_IsNamed(string to, long? bandwidth, int keepDays) =>
        Assert.NotNull(new MoveRequest(to) { Bandwidth = bandwidth, KeepDays = keepDays }.Fault);

    [Fact]
    public void ResumeWords_AnOptionInsteadOfAnId_IsRefused()
    {
        Assert.Equal(["vserver-moves", "resume", "5d1c7a3c0e2f4b6f8f2f1b9c7d3e4a50"], MoveCommand.ResumeWords("5d1c7a3c0e2f4b6f8f2f1b9c7d3e4a50"));
        Assert.Throws<HostProblemException>(() => MoveCommand.TakeBackWords("--fenced"));
    }

    private static string Text(MoveRequest request) => string.Join(' ', MoveCommand.Words(s_web1, request));
}
