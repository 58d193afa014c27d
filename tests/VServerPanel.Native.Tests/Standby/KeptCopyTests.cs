using System.Text.Json.Nodes;
using VServerPanel.Native.Tests.Moving;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Standby;

/// <summary>Copies that host A keeps on host B, with the published command: whole, cut off anywhere, promoted.</summary>
[Collection(RealHost.Name)]
public class KeptCopyTests : TwoHostsTest
{
    private const string Conf = "PROFILE=prod\ncase $PROFILE in\nprod)\n\tS_HOSTNAME=first\n\t;;\nbackup)\n\tS_HOSTNAME=second\n\t;;\nesac\n";

    [Fact]
    public async Task Copy_AgainAndAgain_IsWholeAndNeverStarted()
    {
        await Hosts.A.ExecAsync("sh", "-c", $"printf 'SHARES=/srv/photos:/home/photos\\n{Conf.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}' > /etc/vservers/web.conf");
        Assert.Contains("/srv/photos", (await Hosts.A.TryAsync("vserver", "--json", "--plan", "web", "standby", "copy", "--to", "hostb")).Output, StringComparison.Ordinal);
        var first = await CopyAsync("--to", "hostb");
        Assert.Equal(TreeSnapshot.Take(Tree, withTimes: true), TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.Equal(Conf, await Hosts.B.ExecAsync("cat", "/etc/vservers/web.conf"));
        Assert.Equal(IdOf(await Hosts.A.ExecAsync("cat", "/var/lib/vservers/registry/web.json")), IdOf(await Hosts.B.ExecAsync("cat", "/var/lib/vservers/registry/web.json")));
        Assert.Equal(ProblemCode.NotPermitted, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "start")).Code);
        Assert.True(await KeptAsync(Hosts.A) is { Role: StandbyRole.Source, Peer: "hostb", Problem: null, IntervalMinutes: null } source && source.CompleteAsOf == first.CompleteAsOf);
        Assert.True(await KeptAsync(Hosts.B) is { Role: StandbyRole.Copy, Peer: "hosta", PromotedAt: null } copy && copy.CompleteAsOf == first.CompleteAsOf);

        // all kinds of changes: content, mode only, owner only, gone, new, another type, a link that is none any more
        await ChangeAsync(1);
        await Hosts.A.ExecAsync("sh", "-ec", "cd /vservers/web; chmod 600 cap; chown 7:8 d; rm fifo; mkdir fifo; rm b; echo own > b; setfattr -x user.x d; echo ONBOOT=yes >> /etc/vservers/web.conf");
        var inode = await Hosts.B.ExecAsync("stat", "-c", "%i", "/vservers/web");
        var second = await CopyAsync();
        Assert.True(second.CompleteAsOf > first.CompleteAsOf);
        Assert.Equal(TreeSnapshot.Take(Tree, withTimes: true), TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.NotEqual(inode, await Hosts.B.ExecAsync("stat", "-c", "%i", "/vservers/web"));
        Assert.Contains("ONBOOT=yes", await Hosts.B.ExecAsync("cat", "/etc/vservers/web.conf"), StringComparison.Ordinal);
        Assert.Equal("", await Hosts.B.ExecAsync("ls", "/vservers/.standby"));
        Assert.Equal(ProblemCode.NotPermitted, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "start")).Code);

        // and a content that size and time do not tell
        await Hosts.A.ExecAsync("sh", "-ec", "cd /vservers/web; touch -r b /tmp/time; echo new > b; touch -r /tmp/time b");
        await CopyAsync();
        Assert.Equal("new\n", await Hosts.B.ExecAsync("cat", "/vservers/web/b"));
        Assert.Equal(TreeSnapshot.Take(Tree, withTimes: true), TreeSnapshot.Take(Arrived, withTimes: true));

        // not to be moved, or copied elsewhere, meanwhile; ended, it stays a copy
        Assert.Contains("standby stop", Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "move", "--to", "hostb")).Message, StringComparison.Ordinal);
        await Hosts.A.ExecAsync("vserver", "web", "standby", "stop");
        Assert.Equal(ProblemCode.InvalidArgument, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy")).Code);
        Assert.True(await KeptAsync(Hosts.B) is { Role: StandbyRole.Copy, Peer: "hosta" });

        // begun anew, it goes on from what is there; and is not made again where it was deleted
        await CopyAsync("--to", "hostb");
        await Hosts.B.ExecAsync("vserver", "web", "delete", "--confirm", "web", "--now");
        Assert.Equal(ProblemCode.Conflict, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy")).Code);
        Assert.False(await HasAsync(Hosts.B));
        Assert.Contains("deleted", (await KeptAsync(Hosts.A)).Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_SourceKilledAnywhere_LeavesAWholeCopy() => await KilledAsync(
        at => Hosts.A.TryAsync("env", $"VSERVER_FAULT_AT={at}", "vserver", "--json", "web", "standby", "copy"));

    [Fact]
    public async Task Copy_TargetKilledAnywhere_LeavesAWholeCopy() => await KilledAsync(async at =>
    {
        // the forced command's own environment
        await Hosts.B.ExecAsync("sed", "-i", $"s#command=\"[^\"]* --json#command=\"/usr/bin/env VSERVER_FAULT_AT={at} /usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
        var ended = await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy");
        await Hosts.B.ExecAsync("sed", "-i", "s#command=\"[^\"]* --json#command=\"/usr/sbin/vserver --json#", "/root/.ssh/authorized_keys");
        return ended;
    });

    [Fact]
    public async Task Copy_LinkCutOrTargetOffInTheMidst_CompleteOneIsPromotedAndGoesBack()
    {
        await Hosts.A.ExecAsync("sh", "-c", "printf 'case $PROFILE in\\nprod) S_HOSTNAME=first ;;\\nbackup) S_HOSTNAME=second ;;\\nesac\\n' > /etc/vservers/web.conf");
        await CopyAsync("--to", "hostb");
        var whole = TreeSnapshot.Take(Arrived, withTimes: true);
        await Hosts.A.ExecAsync("sh", "-ec", "cd /vservers/web; head -c 4M /dev/urandom > big; rm a cap; echo other > b");
        await CutInTheMidstAsync(() => Hosts.CutLinkAsync());
        await Hosts.MendLinkAsync();
        Assert.Equal(whole, TreeSnapshot.Take(Arrived, withTimes: true));
        await CutInTheMidstAsync(() => Hosts.B.KillAsync());
        await Hosts.B.RestartAsync(startVServers: false);
        Assert.Equal(whole, TreeSnapshot.Take(Arrived, withTimes: true));

        // the first host is lost; what is there is what was complete
        await Hosts.A.KillAsync();
        var plan = WireProtocol.FromElement<PromotePlan>(Result(await Hosts.B.TryAsync("vserver", "--json", "--plan", "web", "promote")).Data!.Value);
        Assert.Equal(["prod", "backup"], plan.Profiles);
        Assert.Equal(("prod", 0), (plan.Profile, plan.Problems.Count));
        Assert.NotNull(plan.CompleteAsOf);
        Assert.Equal(ProblemCode.InvalidArgument, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "promote", "--confirm", "web", "--fenced", "--profile", "none")).Code);
        var outcome = WireProtocol.FromElement<PromoteOutcome>(Result(await Hosts.B.TryAsync("vserver", "--json", "web", "promote", "--confirm", "web", "--fenced", "--profile", "backup")).Data!.Value);
        Assert.Equal(("hosta", plan.CompleteAsOf), (outcome.Peer, outcome.CompleteAsOf));
        var status = (await Hosts.B.ExecAsync("vserver-stat", "--json")).Split('\n').Select(l => l.Length == 0 ? null : WireProtocol.Read(l)).OfType<ItemEvent>().Select(i => WireProtocol.FromElement<VServerStatus>(i.Data)).Single();
        Assert.Equal((VServerState.Stopped, "backup", "second"), (status.State, status.Profile, status.Hostname));
        Assert.Equal(whole, TreeSnapshot.Take(Arrived, withTimes: true));

        // it is back, and asks before it starts what it had: it is the copy now, and is not copied over what is real there
        await Hosts.A.RestartAsync();
        Assert.Equal(ProblemCode.Conflict, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "standby", "copy")).Code);
        Assert.True(await KeptAsync(Hosts.A) is { Role: StandbyRole.Copy, Peer: "hostb" });
        Assert.Equal(ProblemCode.NotPermitted, Last<ProblemEvent>(await Hosts.A.TryAsync("vserver", "--json", "web", "start")).Code);
        Assert.Equal(whole, TreeSnapshot.Take(Arrived, withTimes: true));
        await Hosts.B.ExecAsync("vserver-standby", "run-due");
        Assert.Equal("", await Hosts.B.ExecAsync("ls", "/vservers/.standby"));

        // the other way round, and home again
        await Hosts.B.ExecAsync("sh", "-ec", "cd /vservers/web; echo from the other host > a");
        Result(await Hosts.B.TryAsync("vserver", "--json", "web", "standby", "copy", "--to", "hosta"));
        Assert.Equal(TreeSnapshot.Take(Arrived, withTimes: true), TreeSnapshot.Take(Tree, withTimes: true));
        Result(await Hosts.A.TryAsync("vserver", "--json", "web", "promote", "--confirm", "web", "--fenced", "--profile", "prod"));
        Assert.Equal(ProblemCode.Conflict, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "standby", "copy")).Code);
        Assert.Equal(ProblemCode.NotPermitted, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "start")).Code);
        await Hosts.A.ExecAsync("sh", "-ec", "cd /vservers/web; echo home again > a");
        await CopyAsync("--to", "hostb");
        Assert.Equal(TreeSnapshot.Take(Tree, withTimes: true), TreeSnapshot.Take(Arrived, withTimes: true));
        Assert.True(await KeptAsync(Hosts.A) is { Role: StandbyRole.Source, Problem: null });
        Assert.True(await KeptAsync(Hosts.B) is { Role: StandbyRole.Copy, PromotedAt: null, CompleteAsOf: not null });
    }

    [Fact]
    public async Task RunDue_OneIsAtItAlready_BeginsNoJob()
    {
        await Hosts.A.ExecAsync("vserver", "web", "standby", "keep", "--to", "hostb", "--every", "60");
        const string RunDue = "vserver --as vserver-standby --json --detach run-due";
        Assert.Null(Result(await Hosts.A.TryAsync("sh", "-ec", $"flock /var/run/vservers/.locks/.standby-due {RunDue}")).Data);
        Assert.DoesNotContain("standby-run-due", await Hosts.A.ExecAsync("vserver-jobs", "list"), StringComparison.Ordinal);
        Assert.DoesNotContain("standby-run-due", await Hosts.A.ExecAsync("cat", "/var/log/vservers/journal.jsonl"), StringComparison.Ordinal);

        // nobody is at it: the job begins, and copies
        await Hosts.A.ExecAsync("sh", "-ec", RunDue);
        Assert.Contains("standby-run-due", await Hosts.A.ExecAsync("vserver-jobs", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunDue_OneThatFailsAndOneThatIsDue_CopiesWhatIsDue()
    {
        await MakeAsync("mail");
        await Hosts.A.ExecAsync("vserver-hosts", "add", "nowhere", "--address", "127.0.0.1", "--port", "9", "--host-key", (await Hosts.B.ExecAsync("sh", "-c", "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")).Trim());
        await Hosts.A.ExecAsync("vserver", "mail", "standby", "keep", "--to", "nowhere", "--every", "60");
        await Hosts.A.ExecAsync("vserver", "web", "standby", "keep", "--to", "hostb", "--every", "60", "--bandwidth", "50000000");
        Assert.Equal(1, (await Hosts.A.TryAsync("vserver-standby", "run-due")).ExitCode);
        var all = await AllKeptAsync(Hosts.A);
        Assert.True(all.Single(s => s.VServer.Value == "mail") is { CompleteAsOf: null, LastTriedAt: not null, Problem.Code: ProblemCode.Unreachable });
        var web = all.Single(s => s.VServer.Value == "web");
        Assert.True(web is { CompleteAsOf: not null, Problem: null, IntervalMinutes: 60, BytesPerSecond: 50_000_000 });
        Assert.Equal(web.LastTriedAt!.Value.AddMinutes(60), web.NextAt);

        // nothing is due; then it is an hour later for one of them
        Assert.Equal(0, (await Hosts.A.TryAsync("vserver-standby", "run-due")).ExitCode);
        Assert.Equal(web.CompleteAsOf, (await AllKeptAsync(Hosts.A)).Single(s => s.VServer.Value == "web").CompleteAsOf);
        await ChangeAsync(1);
        await BackDateAsync(web.VServerId, TimeSpan.FromMinutes(60));
        Assert.Equal(0, (await Hosts.A.TryAsync("vserver-standby", "run-due")).ExitCode);
        Assert.True((await AllKeptAsync(Hosts.A)).Single(s => s.VServer.Value == "web").CompleteAsOf > web.CompleteAsOf);
        Assert.Equal(TreeSnapshot.Take(Tree, withTimes: true), TreeSnapshot.Take(Arrived, withTimes: true));

        // renamed it goes on under its stable id; deleted it says so, and can be forgotten
        await Hosts.A.ExecAsync("vserver", "web", "rename", "shop");
        Result(await Hosts.A.TryAsync("vserver", "--json", "shop", "standby", "copy"));
        await Hosts.A.ExecAsync("vserver", "shop", "delete", "--confirm", "shop", "--now");
        Assert.Contains("standby stop", (await AllKeptAsync(Hosts.A)).Single(s => s.VServer.Value == "shop").WhatToDo!, StringComparison.Ordinal);
        await Hosts.A.ExecAsync("vserver", "shop", "standby", "stop");
        Assert.DoesNotContain(await AllKeptAsync(Hosts.A), s => s.VServer.Value == "shop");
        Assert.True(Directory.Exists(Arrived));
    }

    /// <summary>Whenever it is killed: what is at the target is the tree as it was at one of the two times, and the next pass succeeds.</summary>
    private async Task KilledAsync(Func<int, Task<Ended>> copy)
    {
        await CopyAsync("--to", "hostb");
        var at = 1;
        for (; at < 90; at += Stride)
        {
            var former = TreeSnapshot.Take(Tree, withTimes: true);
            await ChangeAsync(at);
            var now = TreeSnapshot.Take(Tree, withTimes: true);
            var ended = await copy(at);
            await Hosts.B.ExecAsync("vserver-jobs", "recover");
            var there = TreeSnapshot.Take(Arrived, withTimes: true);
            Assert.True(there.SequenceEqual(former) || there.SequenceEqual(now), $"killed at {at}: neither as before nor as now");
            Assert.Equal(there.SequenceEqual(now), (await KeptAsync(Hosts.B)).CompleteAsOf >= DateTimeOffset.Parse(now[^1].Split('@')[1], System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(ProblemCode.NotPermitted, Last<ProblemEvent>(await Hosts.B.TryAsync("vserver", "--json", "web", "start")).Code);
            if (ended.ExitCode == 0)
            {
                break;
            }

            await Hosts.A.ExecAsync("vserver-jobs", "recover");
            await CopyAsync();
            Assert.Equal(now, TreeSnapshot.Take(Arrived, withTimes: true));
        }

        Assert.InRange(at, 8, 90);
        Assert.Equal("", await Hosts.B.ExecAsync("ls", "/vservers/.standby"));
    }

    /// <summary>Cuts something off while contents are on their way.</summary>
    private async Task CutInTheMidstAsync(Func<Task> cut)
    {
        using var copying = Hosts.A.Start("vserver", "--json", "web", "standby", "copy", "--bandwidth", "65536");
        while (await copying.StandardOutput.ReadLineAsync() is { } line)
        {
            if (WireProtocol.Read(line) is ItemEvent { Kind: ItemKinds.MoveProgress } item && WireProtocol.FromElement<MoveProgress>(item.Data).Bytes > 0)
            {
                break;
            }
        }

        Assert.False(copying.HasExited);
        await cut();
        var rest = await copying.StandardOutput.ReadToEndAsync();
        await copying.WaitForExitAsync();
        Assert.Equal(ProblemCode.Unreachable, Assert.IsType<ProblemEvent>(WireProtocol.Read(rest.TrimEnd().Split('\n')[^1])).Code);
    }

    // the last name of the tree tells when it was changed
    private async Task ChangeAsync(int turn) => await Hosts.A.ExecAsync("sh", "-ec", """
        cd /vservers/web; echo "$1" > a; echo "$1" > "d/e/$1"; rm -f zz*; ln -sfn "$1" link; touch -d "2001-02-03 04:05:$(($1 % 60))" d/e cap
        ln -s "@$2" zz
        """, "sh", $"{turn}", DateTimeOffset.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture));

    private async Task BackDateAsync(Guid id, TimeSpan by)
    {
        var file = Directory.EnumerateFiles(Hosts.A.PathOf("/var/lib/vservers/standby"), "*.json").Single(f => File.ReadAllText(f).Contains(id.ToString(), StringComparison.Ordinal));
        var record = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        record["lastTriedAt"] = (record["lastTriedAt"]!.GetValue<DateTimeOffset>() - by).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(file, record.ToJsonString());
    }

    private async Task<StandbyOutcome> CopyAsync(params string[] more) =>
        WireProtocol.FromElement<StandbyOutcome>(Result(await Hosts.A.TryAsync(["vserver", "--json", "web", "standby", "copy", .. more])).Data!.Value);

    private static async Task<StandbyInfo> KeptAsync(TestHost host) => Assert.Single(await AllKeptAsync(host));

    private static async Task<IReadOnlyList<StandbyInfo>> AllKeptAsync(TestHost host) =>
        [.. (await host.ExecAsync("vserver-standby", "--json", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).OfType<ItemEvent>().Select(i => WireProtocol.FromElement<StandbyInfo>(i.Data))];
}
