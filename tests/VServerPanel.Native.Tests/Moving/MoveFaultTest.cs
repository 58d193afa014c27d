using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A move that is stopped at each of its stages, while something is taken away under it: then there is one, whole, and both ways out work.</summary>
/// <remarks>A class for each fault: they wait for the end of patience most of the time, and so run beside each other.</remarks>
public abstract class MoveFaultTest : TwoHostsTest
{
    private static readonly string[] s_stages = ["copying", "stopping", "last-pass", "verifying", "handing-over", "out-of-its-place", "activating", "starting"];

    protected override (long Bytes, string FileSystem)? RoomOnB => (96 << 20, "ext4");

    protected virtual string FileSystemOnA => "ext4";

    protected async Task MoveWithFaultAsync(string fault)
    {
        await MakeRunnableAsync();
        var whyNot = await WhyNotStartedAsync(Hosts.A);
        await Hosts.A.TryAsync("vserver", "web", "stop");
        if (fault == "source-full")
        {
            await PutOnDiskOfItsOwnAsync();
        }

        var wanted = TreeSnapshot.Take(Hosts.A.PathOf("/vservers/web"), withTimes: true);
        var turn = 0;
        foreach (var stage in s_stages.Where(s => (whyNot is null || s is not ("stopping" or "starting")) && (fault == "source-full" || s != "out-of-its-place")))
        {
            // by turns; with VSERVER_FAULTS=all both at each stage
            foreach (var way in Stride == 1 ? ["resume", "take-back"] : (string[])[turn++ % 2 == 0 ? "resume" : "take-back"])
            {
                if (whyNot is null)
                {
                    await Hosts.A.ExecAsync("vserver", "web", "start");
                }

                using var move = Hosts.A.Start("env", $"VSERVER_FAULT_STOP={stage}", "vserver", "--json", "web", "move", "--to", "hostb");
                var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                Assert.True(await IsStoppedAsync(move), $"{stage} was not reached: {await Text(output)}");
                await TakeAwayAsync(fault, move);
                await move.WaitForExitAsync(TestContext.Current.CancellationToken);
                if (whyNot is null && fault is "full" or "source-full")
                {
                    // nobody waits for room to be made
                    Assert.True(await RunsAsync(Hosts.A) || await RunsAsync(Hosts.B), $"{fault} at {stage}: none runs\n{await output}");
                }

                await GiveBackAsync(fault);
                await ResolveAsync(way, $"{fault} at {stage}, then {way}: {await output}");
                await BackOnAAsync(wanted, $"{fault} at {stage}, then {way}", whyNot is null);
            }
        }

        static async Task<string> Text(Task<string> output) => output.IsCompleted ? await output : "(it goes on)";
    }

    /// <summary>Trees, records, jobs and the journal of host A, and the conf files, on one file system.</summary>
    protected Task<string> PutOnDiskOfItsOwnAsync() => Hosts.A.ExecAsync("sh", "-ec", $"""
        truncate -s 400M /root/disk.img; mkfs.{FileSystemOnA} -q /root/disk.img; mkdir /tmp/disk; mount -o loop /root/disk.img /tmp/disk
        for d in /vservers /etc/vservers /var/lib/vservers /var/log/vservers; do mkdir -p $d "/tmp/disk$d"; cp -a $d/. "/tmp/disk$d"; mount --bind "/tmp/disk$d" $d; done
        mount -o remount,bind,nosuid,nodev,noexec /vservers; printf '#!/bin/sh\n' > /etc/vservers/web.sh; chmod 750 /etc/vservers/web.sh
        """);

    protected static Task<Ended> FillAsync(TestHost host) =>
        host.TryAsync("sh", "-c", "dd if=/dev/zero of=/vservers/.full bs=1M; dd if=/dev/zero of=/vservers/.full2 bs=4k; sync; dd if=/dev/zero of=/vservers/.full3 bs=1");

    protected static Task<string> EmptyAsync(TestHost host) => host.ExecAsync("rm", "-f", "/vservers/.full", "/vservers/.full2", "/vservers/.full3");

    private async Task TakeAwayAsync(string fault, Process move)
    {
        switch (fault)
        {
            case "link":
                await Hosts.CutLinkAsync();
                break;
            case "target":
                await Hosts.B.KillAsync();
                break;
            case "source":
                // nsenter(1) is outside: stopped it would not take in what has ended, and the host would not end
                move.Kill();
                await Hosts.A.KillAsync();
                return;
            default:
                await FillAsync(fault == "full" ? Hosts.B : Hosts.A);
                break;
        }

        await GoOnAsync(move);
    }

    private async Task GiveBackAsync(string fault)
    {
        switch (fault)
        {
            case "link":
                await Hosts.MendLinkAsync();
                break;
            case "target":
                await Hosts.B.RestartAsync();
                break;
            case "source":
                // the boot service says so where one is handed over, and leaves it off
                await Hosts.A.RestartAsync(startVServers: false);
                await Hosts.A.TryAsync("vserver", "--as", "vserver-boot", "start");
                break;
            default:
                await EmptyAsync(fault == "full" ? Hosts.B : Hosts.A);
                break;
        }
    }

    private async Task ResolveAsync(string way, string when)
    {
        await AtMostOneRunsAsync(when);
        if ((await MovesAsync(Hosts.A)).FirstOrDefault(m => m.Direction == MoveDirection.Outgoing && m.State == MoveState.Unresolved) is { } open)
        {
            var ended = await Hosts.A.TryAsync("vserver-moves", "--json", way, open.Id);
            if (ended.ExitCode != 0)
            {
                // it has arrived: then it is not to be had back
                Assert.True(way == "take-back" && Last<ProblemEvent>(ended).Code == ProblemCode.Conflict, $"{when}\n{ended.Output}");
                Result(await Hosts.A.TryAsync("vserver-moves", "--json", "resume", open.Id));
            }
        }

        await AtMostOneRunsAsync(when);
        Assert.DoesNotContain(await MovesAsync(Hosts.A), m => m.Direction == MoveDirection.Outgoing && m.State is MoveState.Unresolved or MoveState.Running);
    }

    /// <summary>One host has it, with all of its tree, and can start it; the other cannot. Then host A has it again, stopped.</summary>
    private async Task BackOnAAsync(IReadOnlyList<string> wanted, string when, bool canStart)
    {
        var (here, there) = await HasAsync(Hosts.A) ? (Hosts.A, Hosts.B) : (Hosts.B, Hosts.A);
        await IsOnlyAsync(here, there);
        if (canStart)
        {
            await here.TryAsync("vserver", "web", "start");
            Assert.True(await RunsAsync(here), when);
        }

        Assert.Equal(ProblemCode.NotFound, Last<ProblemEvent>(await there.TryAsync("vserver", "--json", "web", "start")).Code);
        Assert.False(await RunsAsync(there), when);
        await here.TryAsync("vserver", "web", "stop");
        var found = TreeSnapshot.Take(here.PathOf("/vservers/web"), withTimes: true);
        Assert.True(wanted.SequenceEqual(found), $"{when}\n{string.Join('\n', wanted.Except(found))}\n---\n{string.Join('\n', found.Except(wanted))}");
        if (here == Hosts.B)
        {
            Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta", "--keep", "0"));
            await Hosts.B.ExecAsync("vserver-jobs", "recover");
        }

        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.Empty((await Hosts.A.ExecAsync("find", "/etc/vservers", "/var/lib/vservers/registry", "-name", "*moved*")).Trim());
        if ((await Hosts.A.ExecAsync("cat", "/proc/mounts")).Contains(" /tmp/disk ", StringComparison.Ordinal))
        {
            Assert.Equal("750", (await Hosts.A.ExecAsync("stat", "-c", "%a", "/etc/vservers/web.sh")).Trim());
        }
    }

    private async Task AtMostOneRunsAsync(string when) => Assert.False(await RunsAsync(Hosts.A) && await RunsAsync(Hosts.B), when);
}

/// <summary>The link is cut.</summary>
public sealed class MoveLinkFaultTests : MoveFaultTest
{
    [Fact]
    public Task Move_FaultAtEachStage_OneIsThereAndWhole() => MoveWithFaultAsync("link");
}

/// <summary>The target is killed.</summary>
public sealed class MoveTargetFaultTests : MoveFaultTest
{
    [Fact]
    public Task Move_FaultAtEachStage_OneIsThereAndWhole() => MoveWithFaultAsync("target");
}

/// <summary>The target's disk is full.</summary>
public sealed class MoveFullFaultTests : MoveFaultTest
{
    [Fact]
    public Task Move_FaultAtEachStage_OneIsThereAndWhole() => MoveWithFaultAsync("full");
}

/// <summary>The source's disk is full.</summary>
public sealed class MoveSourceFullFaultTests : MoveFaultTest
{
    protected override string FileSystemOnA => "xfs";

    [Fact]
    public Task Move_FaultAtEachStage_OneIsThereAndWhole() => MoveWithFaultAsync("source-full");

    [Fact]
    public async Task Move_TargetRefusesItThen_ItRunsHereAgain()
    {
        await MakeRunnableAsync();
        await PutOnDiskOfItsOwnAsync();
        var whyNot = await WhyNotStartedAsync(Hosts.A);
        Assert.SkipWhen(whyNot is not null, $"no vserver starts in a host of two on this machine: {whyNot}");
        using var move = Hosts.A.Start("env", "VSERVER_FAULT_STOP=activating", "vserver", "--json", "web", "move", "--to", "hostb");
        var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await IsStoppedAsync(move));
        await Hosts.B.ExecAsync("sh", "-c", ": > /etc/vservers/web.conf");
        await FillAsync(Hosts.A);
        await GoOnAsync(move);
        await move.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(await RunsAsync(Hosts.A), await output);
        Assert.Equal([MoveState.TakenBack], (await MovesAsync(Hosts.A)).Where(m => m.Direction == MoveDirection.Outgoing).Select(m => m.State));
        await EmptyAsync(Hosts.A);
        await Hosts.B.ExecAsync("rm", "/etc/vservers/web.conf");
        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.DoesNotContain("room", await Hosts.A.ExecAsync("ls", "-A", "/var/lib/vservers/moves"), StringComparison.Ordinal);
    }
}

/// <summary>The source is killed.</summary>
public sealed class MoveSourceFaultTests : MoveFaultTest
{
    [Fact]
    public Task Move_FaultAtEachStage_OneIsThereAndWhole() => MoveWithFaultAsync("source");
}
