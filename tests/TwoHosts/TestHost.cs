using System.Diagnostics;
using System.Globalization;

namespace VServerPanel.TwoHosts;

/// <summary>One of two hosts: its own namespaces, cgroups, files and sshd on this machine's kernel.</summary>
public sealed class TestHost
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly HostNetwork _network;
    private readonly string _hosts;
    private Process? _process;
    private int _pid;

    internal TestHost(string name, string address, string directory, HostNetwork network, string hosts) =>
        (Name, Address, Directory, _network, _hosts) = (name, address, directory, network, hosts);

    /// <summary>Its host name: hosta or hostb.</summary>
    public string Name { get; }

    /// <summary>Its address on the bridge, reachable from this machine and the other host.</summary>
    public string Address { get; }

    /// <summary>Where its files lie on this machine, whether it runs or not: <c>vservers</c> is its <c>/vservers</c>.</summary>
    public string Directory { get; }

    public bool IsUp => _process is { HasExited: false };

    private string Group => $"{_network.Id}/{Name}";

    private string Port => $"{_network.Bridge}{Name[^1]}";

    /// <summary>A path of its own as this machine sees it, while it runs.</summary>
    public string PathOf(string path) => $"/proc/{_pid.ToString(CultureInfo.InvariantCulture)}/root{path}";

    /// <summary>Runs a command in it to its end.</summary>
    public Task<Ended> TryAsync(params string[] words) => Programs.TryAsync(HostPair.Script, ["exec", $"{_pid}", Group, .. words]);

    /// <summary>As <see cref="TryAsync(string[])"/>, with text on its standard input.</summary>
    public Task<Ended> TryWithInputAsync(string input, params string[] words) => Programs.TryAsync(HostPair.Script, ["exec", $"{_pid}", Group, .. words], input: input);

    /// <summary>Runs a command in it and wants exit code 0.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    public async Task<string> ExecAsync(params string[] words)
    {
        var ended = await TryAsync(words);
        return ended.ExitCode == 0 ? ended.Output : throw new InvalidOperationException($"{Name}: {string.Join(' ', words)}: exit code {ended.ExitCode}\n{ended.Output}\n{ended.Error}");
    }

    /// <summary>Starts a command in it with its streams redirected; the caller disposes of it.</summary>
    public Process Start(params string[] words) => Programs.Start(HostPair.Script, ["exec", $"{_pid}", Group, .. words]);

    /// <summary>All its processes end as if the power were cut; its files stay.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            await Programs.TryAsync("kill", ["-9", $"{_pid}"]);
            await _process.WaitForExitAsync().WaitAsync(s_patience);
        }

        _process.Dispose();
        _process = null;

        // the namespace takes its end of the link along, and only a moment later
        await Programs.TryAsync("ip", ["link", "del", Port]);
        await Programs.TryAsync(HostPair.Script, ["sweep", Group]);
    }

    /// <summary>As its power button: killed if it runs, booted, and its vservers with ONBOOT=yes started.</summary>
    public async Task RestartAsync(bool startVServers = true)
    {
        await KillAsync();
        File.WriteAllText($"{Directory}/boot_id", Guid.NewGuid().ToString() + "\n");
        await BootAsync();
        if (startVServers)
        {
            await ExecAsync("vserver", "--as", "vserver-boot", "start");
        }
    }

    /// <summary>Nobody reaches it, and it reaches nobody; connections hang, as with a cable pulled.</summary>
    public Task CutLinkAsync() => Programs.RunAsync("ip", "link", "set", Port, "down");

    public Task MendLinkAsync() => Programs.RunAsync("ip", "link", "set", Port, "up");

    internal Task IsolateAsync(bool isIsolated) => Programs.RunAsync("bridge", "link", "set", "dev", Port, "isolated", isIsolated ? "on" : "off");

    internal async Task BootAsync()
    {
        System.IO.Directory.CreateDirectory(Directory);
        var environment = new Dictionary<string, string> { ["ADDRESS"] = Address, ["HOSTS"] = _hosts, ["ARTIFACTS"] = HostPair.Artifacts };
        _process = Programs.Start(HostPair.Script, ["start", Directory, Name, Group], environment);
        var error = _process.StandardError.ReadToEndAsync();
        try
        {
            var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
            _pid = int.Parse(line?.Split(' ')[^1] ?? "", CultureInfo.InvariantCulture);

            // the same card after each boot, or the other host would call for the old one until its ARP entry is stale
            var card = $"02:77:00:00:{_network.Number:x2}:{(int)Name[^1]:x2}";
            await Programs.RunAsync("ip", "link", "add", Port, "master", _network.Bridge, "type", "veth", "peer", "name", "eth0", "address", card, "netns", $"{_pid}");
            await Programs.RunAsync("ip", "link", "set", Port, "up");
            await _process.StandardInput.WriteLineAsync("go");
            line = await _process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
            if (line != "ready")
            {
                throw new InvalidOperationException($"it said '{line}'");
            }
        }
        catch (Exception e) when (e is TimeoutException or FormatException or InvalidOperationException or IOException)
        {
            await KillAsync();
            throw new InvalidOperationException($"{Name} did not come up: {e.Message}\n{await error}", e);
        }
    }
}
