using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>Moves between two hosts with the published command, whole and cut off anywhere: at every third instant, or at each with VSERVER_FAULTS=all.</summary>
[Collection(RealHost.Name)]
public sealed class MoveTests : TwoHostsTest
{
    [Fact]
    public async Task Move_Stopped_ArrivesWholeAndIsKeptUntilPurged()
    {
        var wanted = TreeSnapshot.Take(Tree, withTimes: true);
        var blocks = await BlocksAsync(Hosts.A);
        await Hosts.A.ExecAsync("vserver", "web", "config", "set", "DESCRIPTION=moved one");
        await Hosts.A.ExecAsync("vserver-stat");
        var id = IdOf(await Hosts.A.ExecAsync("cat", "/var/lib/vservers/registry/web.json"));
        var plan = WireProtocol.FromElement<MovePlan>(Result(await Hosts.A.TryAsync("vserver", "--json", "web", "move", "--to", "hostb", "--plan")).Data!.Value);
        Assert.Empty(plan.Problems);
        Assert.Contains(plan.Checks, c => c is { Key: "name", State: CheckState.Ok });

        var outcome = await MoveAsync("--checksums");
        Assert.True(outcome is { Verified: true, Checksums: true, DowntimeMilliseconds: null, Peer: "hostb" });
        Assert.Equal(wanted, TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.InRange(await BlocksAsync(Hosts.B), 1, blocks + 64);
        Assert.Equal(id, IdOf(await Hosts.B.ExecAsync("cat", "/var/lib/vservers/registry/web.json")));
        Assert.Contains("moved one", await Hosts.B.ExecAsync("cat", "/etc/vservers/web.conf"), StringComparison.Ordinal);
        await IsOnlyAsync(Hosts.B, Hosts.A);

        // the one here is off, and its id is a vserver's no more
        Assert.Equal(ProblemCode.NotFound, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "start")).Code);
        Assert.True(Assert.Single(await MovesAsync(Hosts.A)) is { State: MoveState.Kept, Direction: MoveDirection.Outgoing, KeptUntil: not null });
        Assert.True(Assert.Single(await MovesAsync(Hosts.B)) is { State: MoveState.Arrived, Direction: MoveDirection.Incoming });
        Assert.Equal(ProblemCode.Conflict, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId)).Code);

        // and back again
        Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        Result(await Hosts.A.TryAsync("vserver-moves", "--json", "purge", outcome.MoveId));
        Assert.False(Directory.Exists($"{Hosts.A.Directory}/vservers/.moved/{outcome.MoveId}"));
        await IsOnlyAsync(Hosts.A, Hosts.B);
    }

    [Fact]
    public async Task Move_NameTakenOrAddressTakenOrHook_IsRefusedOrTold()
    {
        await Hosts.B.ExecAsync("sh", "-c", "echo IPROOT=10.200.0.9 > /etc/vservers/other.conf; mkdir /vservers/other");
        await Hosts.A.ExecAsync("sh", "-c", "echo IPROOT=10.200.0.9 > /etc/vservers/web.conf; printf '#!/bin/sh\\n' > /etc/vservers/web.sh");
        Assert.Equal(ProblemCode.AddressInUse, Last<ProblemEvent>(await TryMoveAsync()).Code);
        await Hosts.A.ExecAsync("sh", "-c", "echo 'IPROOT=`id`' > /etc/vservers/web.conf");
        Assert.Equal(ProblemCode.InvalidConfiguration, Last<ProblemEvent>(await TryMoveAsync()).Code);
        await Hosts.A.ExecAsync("sh", "-c", ": > /etc/vservers/web.conf");
        await Hosts.B.ExecAsync("mkdir", "/vservers/web");
        Assert.Equal(ProblemCode.AlreadyExists, Last<ProblemEvent>(await TryMoveAsync()).Code);
        Assert.Empty(await MovesAsync(Hosts.A));
        await Hosts.B.ExecAsync("rmdir", "/vservers/web");

        var outcome = await MoveAsync("--keep", "0");
        Assert.Contains(outcome.Warnings, w => w.Contains("web.sh", StringComparison.Ordinal));
        Assert.NotEqual(0, (await Hosts.B.TryAsync("test", "-e", "/etc/vservers/web.sh")).ExitCode);
        Assert.NotEqual(0, (await Hosts.A.TryAsync("test", "-e", "/etc/vservers/web.sh")).ExitCode);

        // the target's is deleted: the one here can be had again, hook and all
        await Hosts.B.ExecAsync("vserver", "web", "delete", "--confirm", "web", "--now");
        Result(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.Equal("#!/bin/sh\n", await Hosts.A.ExecAsync("cat", "/etc/vservers/web.sh"));

        outcome = await MoveAsync("--keep", "0");
        await Hosts.A.ExecAsync("vserver-jobs", "recover");
        Assert.Contains(await MovesAsync(Hosts.A), m => m.Id == outcome.MoveId && m.State == MoveState.Purged);
        await IsOnlyAsync(Hosts.B, Hosts.A);
    }

    [Fact]
    public async Task Move_SourceKilledAnywhere_ResumeOrTakeBackFinishes()
    {
        var at = 1;
        for (; at < 80; at += Stride)
        {
            var ended = await Hosts.A.TryAsync("env", $"VSERVER_FAULT_AT={at}", "vserver", "--json", "web", "move", "--to", "hostb");
            if (ended.ExitCode == 0)
            {
                break;
            }

            Assert.True(ended.ExitCode == 137, $"at {at}: {ended.Output}");
            await AtMostOneAsync($"source killed at {at}");
            await ResolveAsync(at);
        }

        Assert.InRange(at, 20, 82);
        await IsOnlyAsync(Hosts.B, Hosts.A);
    }

    [Fact]
    public async Task Move_TargetKilledAnywhere_ResumeOrTakeBackFinishes()
    {
        var at = 1;
        for (; at < 60; at += Stride)
        {
            // the forced command's own environment
            await Hosts.B.ExecAsync("sed", "-i", $"s#command=\"[^\"]* --json#command=\"/usr/bin/env VSERVER_FAULT_AT={at} /usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
            var ended = await TryMoveAsync();
            await Hosts.B.ExecAsync("sed", "-i", "s#command=\"[^\"]* --json#command=\"/usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
            if (ended.ExitCode == 0)
            {
                break;
            }

            await AtMostOneAsync($"target killed at {at}: {ended.Output}");
            await ResolveAsync(at);
        }

        Assert.InRange(at, 5, 62);
        await IsOnlyAsync(Hosts.B, Hosts.A);
    }

    [Fact]
    public async Task Move_Running_IsStartedThereAndDowntimeIsTold()
    {
        await MakeRunnableAsync();
        var whyNot = await WhyNotStartedAsync(Hosts.A);
        Assert.SkipWhen(whyNot is not null, $"no vserver starts in a host of two on this machine: {whyNot}");
        var outcome = await MoveAsync();
        Assert.True(outcome.DowntimeMilliseconds is > 0 and < 60_000, $"{outcome}");
        await IsOnlyAsync(Hosts.B, Hosts.A);
        Assert.True(await RunsAsync(Hosts.B));

        // cut off by a cable behind the first pass: it runs on, or again, where it was
        await Hosts.CutLinkAsync();
        var ended = await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta");
        Assert.Equal(ProblemCode.Unreachable, Last<ProblemEvent>(ended).Code);
        Assert.True(await RunsAsync(Hosts.B));
        await Hosts.MendLinkAsync();

        // killed while it is stopped for the move: neither runs, and take-back starts it where it was
        var at = 0;
        MoveInfo? open = null;
        for (at = 12; at < 60 && open is null; at += 4)
        {
            await Hosts.B.TryAsync("env", $"VSERVER_FAULT_AT={at}", "vserver", "--json", "web", "move", "--to", "hosta");
            open = (await MovesAsync(Hosts.B)).FirstOrDefault(m => m.State == MoveState.Unresolved);
            if (open is not null && await RunsAsync(Hosts.B))
            {
                Result(await Hosts.B.TryAsync("vserver-moves", "--json", "take-back", open.Id));
                open = null;
            }
        }

        Assert.NotNull(open);
        Result(await Hosts.B.TryAsync("vserver-moves", "--json", "take-back", open.Id));
        Assert.True(await RunsAsync(Hosts.B), $"killed at {at}");
        await IsOnlyAsync(Hosts.B, Hosts.A);
    }

    /// <summary>By turns: resumed, or taken back. Whichever host has it then, it is on host A again at the end.</summary>
    private async Task ResolveAsync(int turn)
    {
        if ((await MovesAsync(Hosts.A)).FirstOrDefault(m => m.State == MoveState.Unresolved) is { } open)
        {
            var ended = await Hosts.A.TryAsync("vserver-moves", "--json", turn % 2 == 0 ? "resume" : "take-back", open.Id);

            // it has arrived: then it is not to be had back
            if (ended.ExitCode != 0)
            {
                Assert.True(turn % 2 == 1 && Last<ProblemEvent>(ended).Code == ProblemCode.Conflict, $"at {turn}: {ended.Output}");
                Result(await Hosts.A.TryAsync("vserver-moves", "--json", "resume", open.Id));
            }
        }

        await Hosts.A.ExecAsync("vserver-jobs", "recover");
        await Hosts.B.ExecAsync("vserver-jobs", "recover");
        if (await HasAsync(Hosts.B))
        {
            await IsOnlyAsync(Hosts.B, Hosts.A);
            Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        }

        await IsOnlyAsync(Hosts.A, Hosts.B);
        Assert.DoesNotContain(await MovesAsync(Hosts.A), m => m.Direction == MoveDirection.Outgoing && m.State is MoveState.Unresolved or MoveState.Running);
    }

    private static async Task<long> BlocksAsync(TestHost host) => long.Parse((await host.ExecAsync("du", "-s", "/vservers/web")).Split('\t')[0], CultureInfo.InvariantCulture);

    private Task<Ended> TryMoveAsync(params string[] more) => Hosts.A.TryAsync(["vserver", "--json", "web", "move", "--to", "hostb", .. more]);

    private async Task<MoveOutcome> MoveAsync(params string[] more) => WireProtocol.FromElement<MoveOutcome>(Result(await TryMoveAsync(more)).Data!.Value);
}
