using System.Globalization;

namespace VServerPanel.TwoHosts;

/// <summary>A bridge of this machine's with a 10.77.x.0/24 of its own. Its number is taken by a lock, so that two runs never share one, also in network namespaces of their own.</summary>
internal sealed record HostNetwork(int Number) : IDisposable
{
    private FileStream? _taken;

    public string Bridge => $"vs77n{Number}";

    /// <summary>Names the instance: its directory below /var/tmp, its cgroups.</summary>
    public string Id => $"vs-two-{Number}";

    public string AddressOf(int host) => $"10.77.{Number.ToString(CultureInfo.InvariantCulture)}.{host.ToString(CultureInfo.InvariantCulture)}";

    public static async Task<HostNetwork> TakeAsync()
    {
        var problem = "";
        var first = Random.Shared.Next(254);
        for (var tried = 0; tried < 254; tried++)
        {
            var network = new HostNetwork(1 + ((first + tried) % 254));
            if (!network.Lock())
            {
                continue;
            }

            var made = await Programs.TryAsync("ip", ["link", "add", network.Bridge, "type", "bridge"]);
            if (made.ExitCode == 0)
            {
                await Programs.RunAsync("ip", "addr", "add", network.AddressOf(1) + "/24", "dev", network.Bridge);
                await Programs.RunAsync("ip", "link", "set", network.Bridge, "up");
                return network;
            }

            network.Dispose();
            problem = made.Error;
            if (!problem.Contains("exists", StringComparison.Ordinal))
            {
                break;
            }
        }

        throw new InvalidOperationException("No bridge can be made: " + problem);
    }

    public void Dispose() => _taken?.Dispose();

    // flock(2), which ends with us; the file stays
    private bool Lock()
    {
        try
        {
            _taken = new FileStream($"/run/{Id}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
