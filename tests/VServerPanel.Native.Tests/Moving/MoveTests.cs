using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>Moves between two hosts with the published command, whole and cut off anywhere: at every third instant, or at each with VSERVER_FAULTS=all.</summary>
[Collection(RealHost.Name)]
public sealed class MoveTests : IAsyncLifetime
{
    private static readonly int s_stride = Environment.GetEnvironmentVariable("VSERVER_FAULTS") == "all" ? 1 : 3;
    private HostPair _hosts = null!;

    private string Tree => _hosts.A.Directory + "/vservers/web";

    private string Arrived => _hosts.B.Directory + "/vservers/web";

    public async ValueTask InitializeAsync()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        _hosts = await HostPair.UpAsync(roomOnB: null);
        await PairAsync(_hosts.A, _hosts.B);
        await PairAsync(_hosts.B, _hosts.A);
        await MakeAsync("web");
    }

    public async ValueTask DisposeAsync()
    {
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }
    }

    [Fact]
    public async Task Move_Stopped_ArrivesWholeAndIsKeptUntilPurged()
    {
        var wanted = TreeSnapshot.Take(Tree, withTimes: true);
        var blocks = await BlocksAsync(_hosts.A);
        await _hosts.A.ExecAsync("vserver", "web", "config", "set", "DESCRIPTION=moved one");
        await _hosts.A.ExecAsync("vserver-stat");
        var id = IdOf(await _hosts.A.ExecAsync("cat", "/var/lib/vservers/registry/web.json"));
        var plan = WireProtocol.FromElement<MovePlan>(Result(await _hosts.A.TryAsync("vserver", "--json", "web", "move", "--to", "hostb", "--plan")).Data!.Value);
        Assert.Empty(plan.Problems);
        Assert.Contains(plan.Checks, c => c is { Key: "name", State: CheckState.Ok });

        var outcome = await MoveAsync("--checksums");
        Assert.True(outcome is { Verified: true, Checksums: true, DowntimeMilliseconds: null, Peer: "hostb" });
        Assert.Equal(wanted, TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.InRange(await BlocksAsync(_hosts.B), 1, blocks + 64);
        Assert.Equal(id, IdOf(await _hosts.B.ExecAsync("cat", "/var/lib/vservers/registry/web.json")));
        Assert.Contains("moved one", await _hosts.B.ExecAsync("cat", "/etc/vservers/web.conf"), StringComparison.Ordinal);
        await IsOnlyAsync(_hosts.B, _hosts.A);

        // the one here is off, and its id is a vserver's no more
        Assert.Equal(ProblemCode.NotFound, Last<ProblemEvent>(await _hosts.A.TryAsync("vserver", "--json", "web", "start")).Code);
        Assert.True(Assert.Single(await MovesAsync(_hosts.A)) is { State: MoveState.Kept, Direction: MoveDirection.Outgoing, KeptUntil: not null });
        Assert.True(Assert.Single(await MovesAsync(_hosts.B)) is { State: MoveState.Arrived, Direction: MoveDirection.Incoming });
        Assert.Equal(ProblemCode.Conflict, Last<ProblemEvent>(await _hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId)).Code);

        // and back again
        Result(await _hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        Assert.Equal(wanted, TreeSnapshot.Take(Tree, withTimes: true));
        await IsOnlyAsync(_hosts.A, _hosts.B);
        Result(await _hosts.A.TryAsync("vserver-moves", "--json", "purge", outcome.MoveId));
        Assert.False(Directory.Exists($"{_hosts.A.Directory}/vservers/.moved/{outcome.MoveId}"));
        await IsOnlyAsync(_hosts.A, _hosts.B);
    }

    [Fact]
    public async Task Move_NameTakenOrAddressTakenOrHook_IsRefusedOrTold()
    {
        await _hosts.B.ExecAsync("sh", "-c", "echo IPROOT=10.200.0.9 > /etc/vservers/other.conf; mkdir /vservers/other");
        await _hosts.A.ExecAsync("sh", "-c", "echo IPROOT=10.200.0.9 > /etc/vservers/web.conf; printf '#!/bin/sh\\n' > /etc/vservers/web.sh");
        Assert.Equal(ProblemCode.AddressInUse, Last<ProblemEvent>(await TryMoveAsync()).Code);
        await _hosts.A.ExecAsync("sh", "-c", "echo 'IPROOT=`id`' > /etc/vservers/web.conf");
        Assert.Equal(ProblemCode.InvalidConfiguration, Last<ProblemEvent>(await TryMoveAsync()).Code);
        await _hosts.A.ExecAsync("sh", "-c", ": > /etc/vservers/web.conf");
        await _hosts.B.ExecAsync("mkdir", "/vservers/web");
        Assert.Equal(ProblemCode.AlreadyExists, Last<ProblemEvent>(await TryMoveAsync()).Code);
        Assert.Empty(await MovesAsync(_hosts.A));
        await _hosts.B.ExecAsync("rmdir", "/vservers/web");

        var outcome = await MoveAsync("--keep", "0");
        Assert.Contains(outcome.Warnings, w => w.Contains("web.sh", StringComparison.Ordinal));
        Assert.NotEqual(0, (await _hosts.B.TryAsync("test", "-e", "/etc/vservers/web.sh")).ExitCode);
        Assert.NotEqual(0, (await _hosts.A.TryAsync("test", "-e", "/etc/vservers/web.sh")).ExitCode);

        // the target's is deleted: the one here can be had again, hook and all
        await _hosts.B.ExecAsync("vserver", "web", "delete", "--confirm", "web", "--now");
        Result(await _hosts.A.TryAsync("vserver-moves", "--json", "take-back", outcome.MoveId));
        await IsOnlyAsync(_hosts.A, _hosts.B);
        Assert.Equal("#!/bin/sh\n", await _hosts.A.ExecAsync("cat", "/etc/vservers/web.sh"));

        outcome = await MoveAsync("--keep", "0");
        await _hosts.A.ExecAsync("vserver-jobs", "recover");
        Assert.Contains(await MovesAsync(_hosts.A), m => m.Id == outcome.MoveId && m.State == MoveState.Purged);
        await IsOnlyAsync(_hosts.B, _hosts.A);
    }

    [Fact]
    public async Task Move_SourceKilledAnywhere_ResumeOrTakeBackFinishes()
    {
        var at = 1;
        for (; at < 80; at += s_stride)
        {
            var ended = await _hosts.A.TryAsync("env", $"VSERVER_FAULT_AT={at}", "vserver", "--json", "web", "move", "--to", "hostb");
            if (ended.ExitCode == 0)
            {
                break;
            }

            Assert.True(ended.ExitCode == 137, $"at {at}: {ended.Output}");
            await AtMostOneAsync($"source killed at {at}");
            await ResolveAsync(at);
        }

        Assert.InRange(at, 20, 82);
        await IsOnlyAsync(_hosts.B, _hosts.A);
    }

    [Fact]
    public async Task Move_TargetKilledAnywhere_ResumeOrTakeBackFinishes()
    {
        var at = 1;
        for (; at < 60; at += s_stride)
        {
            // the forced command's own environment
            await _hosts.B.ExecAsync("sed", "-i", $"s#command=\"[^\"]* --json#command=\"/usr/bin/env VSERVER_FAULT_AT={at} /usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
            var ended = await TryMoveAsync();
            await _hosts.B.ExecAsync("sed", "-i", "s#command=\"[^\"]* --json#command=\"/usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
            if (ended.ExitCode == 0)
            {
                break;
            }

            await AtMostOneAsync($"target killed at {at}: {ended.Output}");
            await ResolveAsync(at);
        }

        Assert.InRange(at, 5, 62);
        await IsOnlyAsync(_hosts.B, _hosts.A);
    }

    [Fact]
    public async Task Move_Running_IsStartedThereAndDowntimeIsTold()
    {
        await MakeRunnableAsync();
        var whyNot = await WhyNotStartedAsync(_hosts.A);
        Assert.SkipWhen(whyNot is not null, $"no vserver starts in a host of two on this machine: {whyNot}");
        var outcome = await MoveAsync();
        Assert.True(outcome.DowntimeMilliseconds is > 0 and < 60_000, $"{outcome}");
        await IsOnlyAsync(_hosts.B, _hosts.A);
        Assert.True(await RunsAsync(_hosts.B));

        // cut off by a cable behind the first pass: it runs on, or again, where it was
        await _hosts.CutLinkAsync();
        var ended = await _hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta");
        Assert.Equal(ProblemCode.Unreachable, Last<ProblemEvent>(ended).Code);
        Assert.True(await RunsAsync(_hosts.B));
        await _hosts.MendLinkAsync();

        // killed while it is stopped for the move: neither runs, and take-back starts it where it was
        var at = 0;
        MoveInfo? open = null;
        for (at = 12; at < 60 && open is null; at += 4)
        {
            await _hosts.B.TryAsync("env", $"VSERVER_FAULT_AT={at}", "vserver", "--json", "web", "move", "--to", "hosta");
            open = (await MovesAsync(_hosts.B)).FirstOrDefault(m => m.State == MoveState.Unresolved);
            if (open is not null && await RunsAsync(_hosts.B))
            {
                Result(await _hosts.B.TryAsync("vserver-moves", "--json", "take-back", open.Id));
                open = null;
            }
        }

        Assert.NotNull(open);
        Result(await _hosts.B.TryAsync("vserver-moves", "--json", "take-back", open.Id));
        Assert.True(await RunsAsync(_hosts.B), $"killed at {at}");
        await IsOnlyAsync(_hosts.B, _hosts.A);
    }

    /// <summary>By turns: resumed, or taken back. Whichever host has it then, it is on host A again at the end.</summary>
    private async Task ResolveAsync(int turn)
    {
        if ((await MovesAsync(_hosts.A)).FirstOrDefault(m => m.State == MoveState.Unresolved) is { } open)
        {
            var ended = await _hosts.A.TryAsync("vserver-moves", "--json", turn % 2 == 0 ? "resume" : "take-back", open.Id);

            // it has arrived: then it is not to be had back
            if (ended.ExitCode != 0)
            {
                Assert.True(turn % 2 == 1 && Last<ProblemEvent>(ended).Code == ProblemCode.Conflict, $"at {turn}: {ended.Output}");
                Result(await _hosts.A.TryAsync("vserver-moves", "--json", "resume", open.Id));
            }
        }

        await _hosts.A.ExecAsync("vserver-jobs", "recover");
        await _hosts.B.ExecAsync("vserver-jobs", "recover");
        if (await HasAsync(_hosts.B))
        {
            await IsOnlyAsync(_hosts.B, _hosts.A);
            Result(await _hosts.B.TryAsync("vserver", "--json", "web", "move", "--to", "hosta"));
        }

        await IsOnlyAsync(_hosts.A, _hosts.B);
        Assert.DoesNotContain(await MovesAsync(_hosts.A), m => m.Direction == MoveDirection.Outgoing && m.State is MoveState.Unresolved or MoveState.Running);
    }

    private Task<string> MakeRunnableAsync() => _hosts.A.ExecAsync("sh", "-ec", """
        cd /vservers/web; mkdir -p bin sbin etc dev proc sys tmp run root var; rm -f null
        cp /bin/busybox bin/; ln -s busybox bin/sh; ln -s busybox bin/sleep; ln -s busybox bin/echo; ln -s ../bin/busybox sbin/init
        printf '::sysinit:/bin/echo hello\n::respawn:/bin/sleep 100000\n' > etc/inittab
        echo INIT_STYLE=init > /etc/vservers/web.conf
        """);

    private static async Task<string?> WhyNotStartedAsync(TestHost host) =>
        (await host.TryAsync("vserver", "--json", "web", "start")) is { ExitCode: not 0 } failed ? Last<ProblemEvent>(failed).Message : null;

    private static async Task<bool> RunsAsync(TestHost host) => (await host.TryAsync("vserver", "web", "running")).ExitCode == 0;

    private async Task AtMostOneAsync(string when) => Assert.False(await HasAsync(_hosts.A) && await HasAsync(_hosts.B), when);

    private static async Task IsOnlyAsync(TestHost here, TestHost notThere)
    {
        Assert.True(await HasAsync(here));
        Assert.Equal(0, (await here.TryAsync("test", "-d", "/vservers/web", "-a", "-f", "/var/lib/vservers/registry/web.json")).ExitCode);
        Assert.False(await HasAsync(notThere));
        Assert.Equal(1, (await notThere.TryAsync("test", "-e", "/vservers/web", "-o", "-e", "/var/lib/vservers/registry/web.json")).ExitCode);
    }

    private static async Task<bool> HasAsync(TestHost host) => (await host.TryAsync("test", "-e", "/etc/vservers/web.conf")).ExitCode == 0;

    private static async Task<long> BlocksAsync(TestHost host) => long.Parse((await host.ExecAsync("du", "-s", "/vservers/web")).Split('\t')[0], CultureInfo.InvariantCulture);

    private Task<Ended> TryMoveAsync(params string[] more) => _hosts.A.TryAsync(["vserver", "--json", "web", "move", "--to", "hostb", .. more]);

    private async Task<MoveOutcome> MoveAsync(params string[] more) => WireProtocol.FromElement<MoveOutcome>(Result(await TryMoveAsync(more)).Data!.Value);

    private static async Task<IReadOnlyList<MoveInfo>> MovesAsync(TestHost host) =>
        [.. (await host.ExecAsync("vserver-moves", "--json", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).OfType<ItemEvent>().Select(i => WireProtocol.FromElement<MoveInfo>(i.Data))];

    private static ResultEvent Result(Ended ended) => Last<ResultEvent>(ended);

    private static T Last<T>(Ended ended)
        where T : WireEvent
    {
        Assert.True(ended.Output.Length > 0, ended.Error);
        var last = WireProtocol.Read(ended.Output.TrimEnd().Split('\n')[^1]);
        return last as T ?? throw new InvalidOperationException(ended.Output + ended.Error);
    }

    private static string IdOf(string registry) => System.Text.Json.JsonDocument.Parse(registry).RootElement.GetProperty("id").GetString()!;

    private static async Task PairAsync(TestHost source, TestHost target)
    {
        var key = WireProtocol.FromElement<HostKeys>(Result(await source.TryAsync("vserver-hosts", "--json", "key")).Data!.Value);
        var host = WireProtocol.FromElement<HostKeys>(Result(await target.TryAsync("vserver-hosts", "--json", "key")).Data!.Value);
        await target.ExecAsync("vserver-hosts", "allow", source.Name, key.PublicKey);
        await source.ExecAsync("vserver-hosts", "add", target.Name, "--address", target.Address, "--host-key", host.SshHostKeys[0]);
    }

    private Task<string> MakeAsync(string name) => _hosts.A.ExecAsync("sh", "-ec", """
        mkdir -p "/vservers/$1"; cd "/vservers/$1"; mkdir -p d/e; echo a > a; ln a b; ln -s /etc/shadow out; mkfifo fifo; mknod null c 1 3
        truncate -s 64M sparse; echo end >> sparse; chown 1000:1001 b; chmod 4755 b
        setfattr -n user.x -v y d; setfacl -m u:1234:rw d; printf x > "$(printf 'odd\377\nname')"; cp /bin/true cap; setcap cap_net_raw+ep cap
        touch -d '2001-02-03 04:05:06.789' d a
        : > "/etc/vservers/$1.conf"
        """, "sh", name);
}
