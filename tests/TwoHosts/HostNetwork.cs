using System.Globalization;

namespace VServerPanel.TwoHosts;

/// <summary>A bridge of this machine's with a 10.77.x.0/24 of its own. Its name is taken by making it, so that two runs never share one.</summary>
internal sealed record HostNetwork(int Number)
{
    public string Bridge => $"vs77n{Number}";

    /// <summary>Names the instance: its directory below /var/tmp, its cgroups.</summary>
    public string Id => $"vs-two-{Number}";

    public string AddressOf(int host) => $"10.77.{Number.ToString(CultureInfo.InvariantCulture)}.{host.ToString(CultureInfo.InvariantCulture)}";

    public static async Task<HostNetwork> TakeAsync()
    {
        var problem = "";
        for (var number = 1; number < 255; number++)
        {
            var network = new HostNetwork(number);
            var made = await Programs.TryAsync("ip", ["link", "add", network.Bridge, "type", "bridge"]);
            if (made.ExitCode == 0)
            {
                await Programs.RunAsync("ip", "addr", "add", network.AddressOf(1) + "/24", "dev", network.Bridge);
                await Programs.RunAsync("ip", "link", "set", network.Bridge, "up");
                return network;
            }

            problem = made.Error;
            if (!problem.Contains("exists", StringComparison.Ordinal))
            {
                break;
            }
        }

        throw new InvalidOperationException("No bridge can be made: " + problem);
    }
}
