using System.Globalization;
using System.Runtime.CompilerServices;

namespace VServerPanel.TwoHosts;

/// <summary>Two hosts on this machine, prepared by <c>vserver-setup</c> and linked by a bridge that this machine has an address on. Needs root.</summary>
/// <remarks>Linked into test projects as source. Kernel and BPF are common; cgroups, files, network, processes and sshd are each host's own. Being in
/// cgroup namespaces, they do without the kernel programs that tie vservers to addresses.</remarks>
public sealed class HostPair : IAsyncDisposable
{
    private readonly HostNetwork _network;

    private HostPair(HostNetwork network)
    {
        _network = network;
        Directory = "/var/tmp/" + network.Id;
        var hosts = $"{network.AddressOf(11)} hosta\n{network.AddressOf(12)} hostb";
        A = new TestHost("hosta", network.AddressOf(11), Directory + "/hosta", network, hosts);
        B = new TestHost("hostb", network.AddressOf(12), Directory + "/hostb", network, hosts);
    }

    public TestHost A { get; }

    public TestHost B { get; }

    /// <summary>Gone with the hosts.</summary>
    public string Directory { get; }

    /// <summary>A directory of this machine's that both hosts see as /shared.</summary>
    public string Shared => Directory + "/shared";

    /// <summary>An address for a vserver, on the device eth0 of either host; 100 and above are free.</summary>
    public string AddressOf(int number) => _network.AddressOf(number);

    internal static string Script => Path.GetDirectoryName(Here()) + "/host";

    internal static string Artifacts => Environment.GetEnvironmentVariable("VSERVER_COMMAND") is { Length: > 0 } command
        ? Path.GetFullPath("../..", command)
        : Path.GetFullPath("../../artifacts", Path.GetDirectoryName(Here())!);

    /// <summary>Why it cannot be had here; null where it can.</summary>
    public static string? Lacking() =>
        Environment.UserName != "root" ? "two hosts on one machine need root"
        : !File.Exists(Artifacts + "/native/vserver") ? "the vserver command has not been published (make native)"
        : ((string[])["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/rsync", "/usr/bin/sudo"]).FirstOrDefault(p => !File.Exists(p)) is { } program ? $"two hosts need {program}"
        : null;

    /// <summary>Brings both up.</summary>
    /// <param name="roomOnB">Bytes of a file system of its own for /vservers of host B, so that it can be filled; null: none.</param>
    /// <param name="fileSystem">Which: ext4, xfs, btrfs.</param>
    public static async Task<HostPair> UpAsync(long? roomOnB = null, string fileSystem = "ext4")
    {
        var hosts = new HostPair(await HostNetwork.TakeAsync());
        try
        {
            // what a run that was killed has left
            await hosts.ClearAsync();
            System.IO.Directory.CreateDirectory(hosts.Shared);
            if (roomOnB is { } bytes)
            {
                System.IO.Directory.CreateDirectory(hosts.B.Directory);
                await Programs.RunAsync("truncate", "-s", bytes.ToString(CultureInfo.InvariantCulture), hosts.B.Directory + "/vservers.img");
                await Programs.RunAsync("mkfs." + fileSystem, "-q", hosts.B.Directory + "/vservers.img");
            }

            await Task.WhenAll(hosts.A.BootAsync(), hosts.B.BootAsync());
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    /// <summary>The hosts no longer reach one another; this machine reaches both.</summary>
    public Task CutLinkAsync() => Task.WhenAll(A.IsolateAsync(true), B.IsolateAsync(true));

    public Task MendLinkAsync() => Task.WhenAll(A.IsolateAsync(false), B.IsolateAsync(false));

    public async ValueTask DisposeAsync()
    {
        await A.KillAsync();
        await B.KillAsync();
        await ClearAsync();
        await Programs.TryAsync("ip", ["link", "del", _network.Bridge]);
        _network.Dispose();
    }

    private async Task ClearAsync()
    {
        await Programs.TryAsync(Script, ["sweep", _network.Id]);
        await Programs.RunAsync("rm", "-rf", "--one-file-system", Directory);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
