using System.Net;
using System.Net.NetworkInformation;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>The host's own addresses and devices.</summary>
internal static class HostAddresses
{
    /// <summary>Devices that can carry addresses, those that are up first; the ports of bridges cannot.</summary>
    public static IReadOnlyList<string> Devices() => List(l => l is { IsLoopback: false, Master: 0 });

    /// <summary>Bridges that vservers in a private network can be connected to.</summary>
    public static IReadOnlyList<string> Bridges() => List(l => l.Kind == "bridge");

    private static IReadOnlyList<string> List(Predicate<HostLink> condition)
    {
        using var socket = new RouteSocket();
        return [.. socket.ListLinks().FindAll(condition).OrderByDescending(l => l.IsUp).ThenBy(l => l.Name, StringComparer.Ordinal).Select(l => l.Name)];
    }

    /// <summary>Addresses that a vserver must not take: all that the devices have, without those that running vservers were given.</summary>
    public static IReadOnlyList<string> Own(HostPaths paths)
    {
        var given = GivenToVServers(paths);
        return [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && !given.Contains(a))
            .Select(a => a.ToString())
            .Distinct(StringComparer.Ordinal)];
    }

    private static HashSet<IPAddress> GivenToVServers(HostPaths paths)
    {
        var given = new HashSet<IPAddress>();
        foreach (var name in new VServerRegistry(paths, TimeProvider.System).Names().Where(n => File.Exists(paths.ContextOf(n))))
        {
            try
            {
                var conf = VServerConf.From(ConfFile.Read(paths.ConfOf(name))).Conf;

                // without a device no alias is made, and the address is the host's
                given.UnionWith(conf.Addresses.Where(a => (a.Device ?? conf.Device) is not null).Select(a => a.Address));
            }
            catch (Exception e) when (e is IOException or ProblemException)
            {
                // gone meanwhile, or no conf file that can be read: it was given nothing by it
            }
        }

        return given;
    }
}
