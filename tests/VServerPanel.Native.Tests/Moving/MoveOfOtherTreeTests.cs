using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A move whose tree is not what it was told to be.</summary>
[Collection(RealHost.Name)]
public sealed class MoveOfOtherTreeTests : TwoHostsTest
{
    protected override (long Bytes, string FileSystem)? RoomOnB => (96 << 20, "ext4");

    [Fact]
    public async Task Move_WhatArrivedIsChanged_IsNotHandedOver()
    {
        var wanted = TreeSnapshot.Take(Tree, withTimes: true);
        (string Change, string[] More)[] changes = [("echo more >> cap", []), ("touch -r a /tmp/time; printf X | dd of=a conv=notrunc status=none; touch -r /tmp/time a", ["--checksums"])];
        foreach (var (change, more) in changes)
        {
            using var move = Hosts.A.Start(["env", "VSERVER_FAULT_STOP=verifying", "vserver", "--json", "web", "move", "--to", "hostb", .. more]);
            var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.True(await IsStoppedAsync(move));

            // nothing arrives just now, and yet its source is at work
            Assert.Contains(await MovesAsync(Hosts.B), m => m is { Direction: MoveDirection.Incoming, State: MoveState.Running });
            await ChangeAsync();
            await GoOnAsync(move);

            // all was copied again: it is changed again
            Assert.True(await IsStoppedAsync(move));
            await ChangeAsync();
            await GoOnAsync(move);
            var last = WireProtocol.Read((await output).TrimEnd().Split('\n')[^1]);
            Assert.True(last is ProblemEvent { Code: ProblemCode.InputOutput }, $"{change}: {last}");
            await IsOnlyAsync(Hosts.A, Hosts.B);
            Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
            Assert.Equal("", await Hosts.B.ExecAsync("ls", "/vservers/.incoming"));

            Task<string> ChangeAsync() => Hosts.B.ExecAsync("sh", "-ec", $"cd /vservers/.incoming/*; {change}");
        }
    }

    [Fact]
    public async Task Move_TreeThatGrowsBeyondWhatWasTold_LeavesTheReserveOfTheTarget()
    {
        // the size that is told is that of the first try
        using (var move = Hosts.A.Start("env", "VSERVER_FAULT_STOP=last-pass", "vserver", "--json", "web", "move", "--to", "hostb"))
        {
            Assert.True(await IsStoppedAsync(move));
            await Hosts.A.ExecAsync("pkill", "-KILL", "-f", "web move");
            move.Kill();
        }

        var open = Assert.Single(await MovesAsync(Hosts.A), m => m.State == MoveState.Unresolved);
        await Hosts.A.ExecAsync("sh", "-ec", "head -c 200M /dev/urandom > /vservers/web/grown");

        var refused = Last<ProblemEvent>(await Hosts.A.TryAsync("vserver-moves", "--json", "resume", open.Id));
        Assert.Equal(ProblemCode.NoSpace, refused.Code);
        var (size, free) = await RoomAsync();
        Assert.True(free > size / 100, $"{free} of {size} are left");
        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.Equal("", await Hosts.B.ExecAsync("ls", "/vservers/.incoming"));
        await Hosts.A.ExecAsync("rm", "/vservers/web/grown");
        Result(await Hosts.A.TryAsync("vserver", "--json", "web", "move", "--to", "hostb"));
        await IsOnlyAsync(Hosts.B, Hosts.A);
    }

    private async Task<(long Size, long Free)> RoomAsync()
    {
        var words = (await Hosts.B.ExecAsync("df", "-B1", "--output=size,avail", "/vservers")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return (long.Parse(words[^2], CultureInfo.InvariantCulture), long.Parse(words[^1], CultureInfo.InvariantCulture));
    }
}
