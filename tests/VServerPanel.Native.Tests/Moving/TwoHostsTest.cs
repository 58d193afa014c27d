using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;
using VServerPanel.TwoHosts;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>Two hosts that know each other, with the published command, and a vserver "web" on host A whose tree has all that trees have.</summary>
public abstract class TwoHostsTest : IAsyncLifetime
{
    /// <summary>Points at which something is cut off: every third, or each with VSERVER_FAULTS=all.</summary>
    protected static readonly int Stride = Environment.GetEnvironmentVariable("VSERVER_FAULTS") == "all" ? 1 : 3;

    protected HostPair Hosts { get; private set; } = null!;

    protected string Tree => Hosts.A.Directory + "/vservers/web";

    protected string Arrived => Hosts.B.Directory + "/vservers/web";

    /// <summary>Room of a file system of its own for the vservers of host B, and which; null: none of its own.</summary>
    protected virtual (long Bytes, string FileSystem)? RoomOnB => null;

    public async ValueTask InitializeAsync()
    {
        var lack = HostPair.Lacking();
        Assert.SkipWhen(lack is not null, lack ?? "");
        Hosts = await HostPair.UpAsync(RoomOnB?.Bytes, RoomOnB?.FileSystem ?? "ext4");
        try
        {
            await PairAsync(Hosts.A, Hosts.B);
            await PairAsync(Hosts.B, Hosts.A);
            await MakeAsync("web");
        }
        catch
        {
            // who was not made is not disposed of
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Hosts is not null)
        {
            await Hosts.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected Task<string> MakeRunnableAsync() => Hosts.A.ExecAsync("sh", "-ec", """
        cd /vservers/web; mkdir -p bin sbin etc dev proc sys tmp run root var; rm -f null
        cp /bin/busybox bin/; ln -s busybox bin/sh; ln -s busybox bin/sleep; ln -s busybox bin/echo; ln -s ../bin/busybox sbin/init
        printf '::sysinit:/bin/echo hello\n::respawn:/bin/sleep 100000\n' > etc/inittab
        echo INIT_STYLE=init > /etc/vservers/web.conf
        """);

    protected static async Task<string?> WhyNotStartedAsync(TestHost host) =>
        (await host.TryAsync("vserver", "--json", "web", "start")) is { ExitCode: not 0 } failed ? Last<ProblemEvent>(failed).Message : null;

    protected static async Task<bool> RunsAsync(TestHost host) => (await host.TryAsync("vserver", "web", "running")).ExitCode == 0;

    protected async Task AtMostOneAsync(string when) => Assert.False(await HasAsync(Hosts.A) && await HasAsync(Hosts.B), when);

    protected static async Task IsOnlyAsync(TestHost here, TestHost notThere)
    {
        Assert.True(await HasAsync(here));
        Assert.Equal(0, (await here.TryAsync("test", "-d", "/vservers/web", "-a", "-f", "/var/lib/vservers/registry/web.json")).ExitCode);
        Assert.False(await HasAsync(notThere));
        Assert.Equal(1, (await notThere.TryAsync("test", "-e", "/vservers/web", "-o", "-e", "/var/lib/vservers/registry/web.json")).ExitCode);
    }

    protected static async Task<bool> HasAsync(TestHost host) => (await host.TryAsync("test", "-e", "/etc/vservers/web.conf")).ExitCode == 0;

    protected static async Task<IReadOnlyList<MoveInfo>> MovesAsync(TestHost host) =>
        [.. (await host.ExecAsync("vserver-moves", "--json", "list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).OfType<ItemEvent>().Select(i => WireProtocol.FromElement<MoveInfo>(i.Data))];

    protected static ResultEvent Result(Ended ended) => Last<ResultEvent>(ended);

    protected static T Last<T>(Ended ended)
        where T : WireEvent
    {
        Assert.True(ended.Output.Length > 0, ended.Error);
        var last = WireProtocol.Read(ended.Output.TrimEnd().Split('\n')[^1]);
        return last as T ?? throw new InvalidOperationException(ended.Output + ended.Error);
    }

    protected static string IdOf(string registry) => System.Text.Json.JsonDocument.Parse(registry).RootElement.GetProperty("id").GetString()!;

    protected static async Task PairAsync(TestHost source, TestHost target)
    {
        var key = WireProtocol.FromElement<HostKeys>(Result(await source.TryAsync("vserver-hosts", "--json", "key")).Data!.Value);
        var host = WireProtocol.FromElement<HostKeys>(Result(await target.TryAsync("vserver-hosts", "--json", "key")).Data!.Value);
        await target.ExecAsync("vserver-hosts", "allow", source.Name, key.PublicKey);
        await source.ExecAsync("vserver-hosts", "add", target.Name, "--address", target.Address, "--host-key", host.SshHostKeys[0]);
    }

    protected Task<string> MakeAsync(string name) => Hosts.A.ExecAsync("sh", "-ec", """
        mkdir -p "/vservers/$1"; cd "/vservers/$1"; mkdir -p d/e; echo a > a; ln a b; ln -s /etc/shadow out; mkfifo fifo; mknod null c 1 3
        truncate -s 64M sparse; echo end >> sparse; chown 1000:1001 b; chmod 4755 b
        setfattr -n user.x -v y d; setfacl -m u:1234:rw d; printf x > "$(printf 'odd\377\nname')"; cp /bin/true cap; setcap cap_net_raw+ep cap
        touch -d '2001-02-03 04:05:06.789' d a
        : > "/etc/vservers/$1.conf"
        """, "sh", name);

    /// <summary>Waits until it is stopped; false where it has ended instead. proc(5), stat, field 3.</summary>
    protected static async Task<bool> IsStoppedAsync(Process process)
    {
        while (!process.HasExited)
        {
            try
            {
                if ((await File.ReadAllTextAsync($"/proc/{process.Id}/stat")).Split(')')[^1].TrimStart().StartsWith('T'))
                {
                    return true;
                }
            }
            catch (IOException)
            {
                continue;
            }

            await Task.Delay(20);
        }

        return false;
    }

    /// <summary>Lets one go on that is stopped.</summary>
    protected static async Task GoOnAsync(Process process)
    {
        // nsenter(1) stops and goes on with its child
        using var go = Process.Start("kill", ["-CONT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await go.WaitForExitAsync();
    }
}
