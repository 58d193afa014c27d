using System.Globalization;
using VServerPanel.Native.Hosts;
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

        // of the time before it leaves
        var unification = $"/var/lib/vservers/unification/{Guid.Parse(IdOf(await Hosts.A.ExecAsync("cat", "/var/lib/vservers/registry/web.json"))):d}.json";
        await Hosts.A.ExecAsync("sh", "-ec", $"mkdir -p -m 700 /var/lib/vservers/unification; echo {{}} > {unification}");
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
        var back = WireProtocol.FromElement<MoveOutcome>(Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta")).Data!.Value);
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        await OlderCopiesStayAsideAsync(outcome.MoveId, back.MoveId, wanted);

        // its files are its own now; what it shares by the time the copy is purged stays known
        Assert.NotEqual(0, (await Hosts.A.TryAsync("test", "-e", unification)).ExitCode);
        await Hosts.A.ExecAsync("sh", "-c", $"echo {{}} > {unification}");
        Result(await Hosts.A.TryAsync("vserver-moves", "--json", "purge", outcome.MoveId));
        Assert.False(Directory.Exists($"{Hosts.A.Directory}/vservers/.moved/{outcome.MoveId}"));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        await Hosts.A.ExecAsync("test", "-e", unification);
    }

    [Fact]
    public async Task TakeBack_TargetLost_NeedsTheWordOfAShell()
    {
        var wanted = TreeSnapshot.Take(Tree, withTimes: true);
        var outcome = await MoveAsync();
        await Hosts.B.KillAsync();
        var refused = Last<ProblemEvent>(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId));
        Assert.Equal(ProblemCode.Unreachable, refused.Code);
        Assert.Contains("--fenced", refused.Message, StringComparison.Ordinal);

        // replaced by another machine, and no host of this one's any more
        await Hosts.A.ExecAsync("vserver-hosts", "remove", "hostb");
        refused = Last<ProblemEvent>(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId));
        Assert.Equal(ProblemCode.NotFound, refused.Code);
        Assert.Contains("--fenced", refused.Message, StringComparison.Ordinal);
        refused = Last<ProblemEvent>(await Hosts.A.TryAsync("env", $"SUDO_USER={HostPaths.PanelUser}", "vserver-moves", "--json", "take-back", outcome.MoveId, "--fenced"));
        Assert.Equal(ProblemCode.NotPermitted, refused.Code);
        Assert.False(await HasAsync(Hosts.A));
        await Hosts.A.ExecAsync("test", "-d", "/vservers/.moved/" + outcome.MoveId);

        Result(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId, "--fenced"));
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        Assert.Contains(await MovesAsync(Hosts.A), m => m.Id == outcome.MoveId && m.State == MoveState.TakenBack);
        Assert.True(await HasAsync(Hosts.A));

        // it is back, and has it as well: it takes the other's word from now on, but does not give away what it has
        await Hosts.B.RestartAsync(startVServers: false);
        await PairAsync(Hosts.A, Hosts.B);
        Assert.Equal(ProblemCode.AlreadyExists, Last<ProblemEvent>(await TryMoveAsync()).Code);
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

        // the plan names the place of the script, and it may be copied there before
        await Hosts.A.ExecAsync("sh", "-c", "chmod 755 /etc/vservers/web.sh; echo 'SHARES=/srv/photos:/home/photos' > /etc/vservers/web.conf");
        await Hosts.B.ExecAsync("sh", "-c", "echo target > /etc/vservers/web.sh");
        var plan = WireProtocol.FromElement<MovePlan>(Result(await TryMoveAsync("--plan")).Data!.Value);
        Assert.Empty(plan.Problems);
        Assert.Contains(plan.LeftOut, l => l.Contains("/etc/vservers/web.sh.moved", StringComparison.Ordinal));
        Assert.Contains(plan.LeftOut, l => l.Contains("/srv/photos:/home/photos", StringComparison.Ordinal));
        Assert.Contains(plan.Warnings, l => l.Contains("/srv/photos:/home/photos", StringComparison.Ordinal));
        var outcome = await MoveAsync("--keep", "0");
        Assert.Contains(outcome.Warnings, w => w.Contains("web.sh", StringComparison.Ordinal));
        Assert.Contains(outcome.Warnings, w => w.Contains("/srv/photos", StringComparison.Ordinal));
        Assert.Equal("target\n", await Hosts.B.ExecAsync("cat", "/etc/vservers/web.sh"));
        Assert.Equal("", await Hosts.B.ExecAsync("cat", "/etc/vservers/web.conf"));
        Assert.NotEqual(0, (await Hosts.A.TryAsync("test", "-e", "/etc/vservers/web.sh")).ExitCode);
        Assert.Equal("#!/bin/sh\n", await Hosts.A.ExecAsync("cat", "/etc/vservers/web.sh.moved"));
        Assert.Equal("644\n", await Hosts.A.ExecAsync("stat", "-c", "%a", "/etc/vservers/web.sh.moved"));

        // the target's is deleted for good: the one here can be had again, hook and all
        var id = IdOf(await Hosts.B.ExecAsync("cat", "/var/lib/vservers/registry/web.json"));
        await Hosts.B.ExecAsync("vserver", "web", "delete", "--confirm", "web", "--now");
        await Hosts.B.ExecAsync("sh", "-ec", $$$"""
            mkdir -p /var/lib/vservers/trash/abcd1234; cd /var/lib/vservers/trash/abcd1234
            echo '{"id":"abcd1234","name":"web","vServerId":"{{{id}}}","deletedAt":"2026-01-01T00:00:00Z","purgeAfter":"2099-01-01T00:00:00Z","deletedBy":{"login":"root"}}' > entry.json
            """);
        Assert.Contains("trash", Last<ProblemEvent>(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId)).Message, StringComparison.Ordinal);
        await Hosts.B.ExecAsync("vserver-trash", "purge", "abcd1234");
        Result(await Hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId));
        await IsOnlyAsync(Hosts.A, Hosts.B);
        await IsOwnHookAsync();
        Assert.Contains("SHARES=", await Hosts.A.ExecAsync("cat", "/etc/vservers/web.conf"), StringComparison.Ordinal);

        // and when it comes back of itself
        var there = await MoveAsync();
        var back = WireProtocol.FromElement<MoveOutcome>(Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta")).Data!.Value);
        await IsOwnHookAsync();

        // deleted here for good, it can be had from the last place that it left, and from no earlier one
        await Hosts.A.ExecAsync("vserver", "web", "delete", "--confirm", "web", "--now");
        Assert.Equal(ProblemCode.Conflict, await WhyNotTakenBackAsync(Hosts.A, there.MoveId));
        Result(await Hosts.B.TryAsync("vserver-moves", "--json", "take-back", back.MoveId));
        await IsOnlyAsync(Hosts.B, Hosts.A);
        Result(await Hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        await IsOwnHookAsync();

        outcome = await MoveAsync("--keep", "0");
        await Hosts.A.ExecAsync("vserver-standby", "run-due");
        Assert.Contains(await MovesAsync(Hosts.A), m => m.Id == outcome.MoveId && m.State == MoveState.Purged);
        await IsOnlyAsync(Hosts.B, Hosts.A);
        Assert.NotEqual(0, (await Hosts.A.TryAsync("test", "-e", "/etc/vservers/web.sh.moved")).ExitCode);

        async Task IsOwnHookAsync()
        {
            Assert.Equal("#!/bin/sh\n", await Hosts.A.ExecAsync("cat", "/etc/vservers/web.sh"));
            Assert.Equal("755\n", await Hosts.A.ExecAsync("stat", "-c", "%a", "/etc/vservers/web.sh"));
            Assert.NotEqual(0, (await Hosts.A.TryAsync("test", "-e", "/etc/vservers/web.sh.moved")).ExitCode);
        }
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
        Assert.Contains("hostb", Assert.Single(await MovesAsync(Hosts.A), m => m.Id == open.Id && m is { Direction: MoveDirection.Incoming, State: MoveState.Unresolved }).WhatToDo!, StringComparison.Ordinal);
        Result(await Hosts.B.TryAsync("vserver-moves", "--json", "take-back", open.Id));
        Assert.True(await RunsAsync(Hosts.B), $"killed at {at}");
        await IsOnlyAsync(Hosts.B, Hosts.A);
        await IsStartedByItsOwnNameAsync();
    }

    /// <summary>Between its arrival and its start it is renamed there, and another gets the name that its source knows.</summary>
    private async Task IsStartedByItsOwnNameAsync()
    {
        using var move = Hosts.B.Start("env", "VSERVER_FAULT_STOP=starting", "vserver", "--json", "web", "move", "--to", "hosta");
        var output = move.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await IsStoppedAsync(move));
        Assert.Contains(await MovesAsync(Hosts.A), m => m is { Direction: MoveDirection.Incoming, State: MoveState.Arrived });
        await Hosts.A.ExecAsync("sh", "-ec", "vserver web rename shop; cp -a /vservers/shop /vservers/web; echo INIT_STYLE=init > /etc/vservers/web.conf");
        await GoOnAsync(move);
        Assert.True(WireProtocol.Read((await output).TrimEnd().Split('\n')[^1]) is ResultEvent, await output);
        Assert.False(await RunsAsync(Hosts.A));
        Assert.Equal(0, (await Hosts.A.TryAsync("vserver", "shop", "running")).ExitCode);
    }

    /// <summary>Host A has it again: neither the copy that A has kept of it nor that of B can be had back, also while it goes by another name.</summary>
    private async Task OlderCopiesStayAsideAsync(string there, string back, IReadOnlyList<string> wanted)
    {
        await Hosts.A.ExecAsync("sh", "-ec", "printf '#!/bin/sh\n' > /etc/vservers/web.sh");
        var place = await PlaceAsync();
        Assert.Equal(ProblemCode.AlreadyExists, await WhyNotTakenBackAsync(Hosts.A, there));
        Assert.Equal(ProblemCode.AlreadyExists, await WhyNotTakenBackAsync(Hosts.A, there, "--fenced"));
        Assert.Equal(ProblemCode.Conflict, await WhyNotTakenBackAsync(Hosts.B, back));
        Assert.Equal(place, await PlaceAsync());
        await Hosts.A.ExecAsync("vserver", "web", "rename", "shop");
        Assert.Equal(ProblemCode.AlreadyExists, await WhyNotTakenBackAsync(Hosts.A, there));
        await Hosts.A.ExecAsync("vserver", "shop", "rename", "web");
        Assert.Equal(place, await PlaceAsync());
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        await IsOnlyAsync(Hosts.A, Hosts.B);

        Task<string> PlaceAsync() => Hosts.A.ExecAsync("sh", "-ec", "cat /etc/vservers/web.conf /etc/vservers/web.sh /var/lib/vservers/registry/web.json; stat -c %i /vservers/web");
    }

    private static async Task<ProblemCode> WhyNotTakenBackAsync(TestHost host, string id, params string[] more) =>
        Last<ProblemEvent>(await host.TryAsync(["vserver-moves", "--json", "take-back", id, .. more])).Code;

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
