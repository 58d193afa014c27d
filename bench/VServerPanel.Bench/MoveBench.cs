using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VServerPanel.TwoHosts;

namespace VServerPanel.Bench;

/// <summary>A whole move of a server's root between two hosts of this machine against bare rsync of the same tree by the same ssh.</summary>
internal static class MoveBench
{
    // what a vserver that runs needs, and no more: its start and stop are measured elsewhere. Its init ends when it is told to; that of busybox sleeps twice for a second before
    private const string Prepare = """
        mkdir /vservers/web; tar -C /vservers/web --numeric-owner --exclude='./dev/*' -xf "$1"; cd /vservers/web
        rm -f sbin/init; cp /bin/busybox bin/busybox
        printf '#!/bin/busybox sh\n[ "$1" = 0 ] && exec /bin/busybox kill -TERM 1\ntrap "exit 0" TERM USR1 USR2 INT\nwhile :; do /bin/busybox sleep 1000 & wait; done\n' > sbin/init; chmod 755 sbin/init
        echo INIT_STYLE=init > /etc/vservers/web.conf
        ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/bare; sync
        """;

    // ext4 takes no inode again that was deleted in the last minutes, and looks at each of them for every new one (fs/ext4/ialloc.c, recently_deleted): whatever is copied behind a
    // large removal takes several times as long. So each copy gets hosts of its own, with a new file system at the target.
    private const long RoomOnB = 4L << 30;

    public static async Task<int> RunAsync(int rounds)
    {
        if (HostPair.Lacking() is { } lack)
        {
            Console.Error.WriteLine(lack);
            return 1;
        }

        Shell.Run(Path.Combine(Shell.RepositoryRoot(), "bench/VServerPanel.Bench/server-root"), []);
        var (bare, onDisk, second, whole, down) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await using (var hosts = await PrepareAsync())
            {
                var clock = Stopwatch.StartNew();
                bare.Add(await TimeAsync(hosts.A, Rsync(hosts)));
                await SettleAsync(hosts);
                onDisk.Add(clock.Elapsed.TotalMilliseconds);
                second.Add(await TimeAsync(hosts.A, Rsync(hosts)));
            }

            await using (var hosts = await PrepareAsync())
            {
                var clock = Stopwatch.StartNew();
                var outcome = await MoveAsync(hosts, clock);
                whole.Add(clock.Elapsed.TotalMilliseconds);
                down.AddRange(outcome.TryGetProperty("downtimeMilliseconds", out var milliseconds) ? [milliseconds.GetDouble()] : []);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: rsync {bare[^1]:0} ms, {onDisk[^1]:0} ms until it is on the disk, again {second[^1]:0} ms, move {whole[^1]:0} ms{(down.Count > 0 ? $", down {down[^1]:0} ms" : "")}"));
        }

        DiskTrial.Tell("rsync -aHAXS --numeric-ids --delete", Shell.Median(bare), Shell.Median(bare));
        DiskTrial.Tell("the same and sync, as a move does", Shell.Median(onDisk), Shell.Median(bare));
        DiskTrial.Tell("the same again, nothing changed", Shell.Median(second), Shell.Median(bare));
        DiskTrial.Tell("vserver NAME move, all of it", Shell.Median(whole), Shell.Median(bare), string.Create(CultureInfo.InvariantCulture, $"   aim: 1.1, that is {Shell.Median(bare) * 1.1:0} ms"));
        if (down.Count > 0)
        {
            DiskTrial.Tell("of which it was down", Shell.Median(down), Shell.Median(bare), string.Create(CultureInfo.InvariantCulture, $"   aim: second pass + 1 s, that is {Shell.Median(second) + 1000:0} ms"));
        }

        return 0;
    }

    /// <summary>Moves it, and tells when each part began.</summary>
    private static async Task<JsonElement> MoveAsync(HostPair hosts, Stopwatch clock)
    {
        using var move = hosts.A.Start("vserver", "--json", "web", "move", "--to", "hostb");
        var (last, phase, parts) = ("", "", new List<string>());
        while (await move.StandardOutput.ReadLineAsync() is { } line)
        {
            last = line;
            if (JsonDocument.Parse(line).RootElement is var word && word.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("phase", out var now)
                && $"{now} {(data.TryGetProperty("pass", out var pass) ? pass : "")}".TrimEnd(' ', '0') is var next && next != phase)
            {
                phase = next;
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{phase} from {clock.ElapsedMilliseconds}"));
            }
        }

        await move.WaitForExitAsync();
        Console.WriteLine(string.Join(", ", parts));
        return Result(last);
    }

    private static async Task<HostPair> PrepareAsync()
    {
        var hosts = await HostPair.UpAsync(RoomOnB);
        try
        {
            File.Copy("/var/tmp/vserverpanel-bench-cache/server-bookworm.tar", hosts.Shared + "/root.tar");
            await hosts.A.ExecAsync("mkdir", "-p", "/root/.ssh");
            await hosts.A.ExecAsync("sh", "-ec", Prepare, "sh", "/shared/root.tar");
            await PairAsync(hosts);
            if (await hosts.A.TryAsync("vserver", "web", "start") is { ExitCode: not 0 } failed)
            {
                Console.WriteLine($"No vserver starts in these hosts: it is moved stopped, and there is no downtime to tell. {failed.Error}");
            }

            await SettleAsync(hosts);

            // not one that is only just being made: a move compares what may have been under way when it began (CopyMoment)
            await Task.Delay(11_000);
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    private static string[] Rsync(HostPair hosts) =>
        ["rsync", "-aHAXS", "--numeric-ids", "--delete", "-e", "ssh -F none -i /root/.ssh/bare -o StrictHostKeyChecking=accept-new -o ControlPath=none", "/vservers/web/", $"root@{hosts.B.Address}:/vservers/bare/"];

    private static async Task<double> TimeAsync(TestHost host, string[] words)
    {
        var clock = Stopwatch.StartNew();
        await host.ExecAsync(words);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static Task<string[]> SettleAsync(HostPair hosts) => Task.WhenAll(hosts.A.ExecAsync("sync", "-f", "/vservers"), hosts.B.ExecAsync("sync", "-f", "/vservers"));

    private static async Task PairAsync(HostPair hosts)
    {
        var key = Result(await hosts.A.ExecAsync("vserver-hosts", "--json", "key"));
        var host = Result(await hosts.B.ExecAsync("vserver-hosts", "--json", "key"));
        await hosts.B.ExecAsync("vserver-hosts", "allow", "hosta", key.GetProperty("publicKey").GetString()!);
        await hosts.A.ExecAsync("vserver-hosts", "add", "hostb", "--address", hosts.B.Address, "--host-key", host.GetProperty("sshHostKeys")[0].GetString()!);
        await hosts.B.ExecAsync("sh", "-c", "echo \"$1\" >> /root/.ssh/authorized_keys", "sh", (await hosts.A.ExecAsync("cat", "/root/.ssh/bare.pub")).Trim());
    }

    // the last line of the wire protocol
    private static JsonElement Result(string output) => JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("data");
}
