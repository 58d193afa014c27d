using System.Text;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>A bridge of the host that vserver-setup makes, without ports of the host's own.</summary>
/// <param name="Name">The device.</param>
/// <param name="Addresses">The host's addresses on it, each with the size of its network.</param>
internal sealed record HostBridge(string Name, IReadOnlyList<ConfAddress> Addresses)
{
    /// <exception cref="ProblemException">InvalidArgument, with what to write.</exception>
    public static HostBridge Parse(string name, IReadOnlyList<string> addresses)
    {
        if (!ConfAddress.IsDeviceName(name) || name.Contains(':', StringComparison.Ordinal))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{name}' is no name of a bridge. Write one such as br0, of at most 15 characters.");
        }

        return new HostBridge(name, [.. addresses.Select(a => ConfAddress.TryParse(a, out var error) is { Device: null, PrefixLength: not null } address
            ? address
            : throw new ProblemException(ProblemCode.InvalidArgument, error ?? $"'{a}' is no address with the size of its network. Write one such as 10.0.0.1/24."))]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Addresses.Select(a => a.ToString()).Prepend(Name));
}

/// <summary>The bridges in <c>/etc/vservers/bridges</c>, one a line: <c>br0 10.0.0.1/24 2001:db8::1/64</c>. They are made again at each boot.</summary>
internal sealed class HostBridges(HostPaths paths)
{
    public string FilePath => paths.Configuration + "/bridges";

    /// <exception cref="ProblemException">InvalidArgument: a line that cannot be.</exception>
    public IReadOnlyList<HostBridge> Read() => File.Exists(FilePath)
        ? [.. File.ReadLines(FilePath)
            .Select(l => l.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w.Length > 0)
            .Select(w => HostBridge.Parse(w[0], w[1..]))]
        : [];

    /// <summary>Writes a bridge into the file, in the place of one of the same name.</summary>
    public void Save(HostBridge bridge)
    {
        var lines = File.Exists(FilePath) ? File.ReadAllLines(FilePath).ToList() : ["# Bridges of this host for vservers in a private network, made at each boot: NAME ADDRESS/BITS…"];
        var at = lines.FindIndex(l => l.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var name, ..] && name == bridge.Name);
        if (at >= 0)
        {
            lines[at] = bridge.ToString();
        }
        else
        {
            lines.Add(bridge.ToString());
        }

        DurableFile.Write(FilePath, Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), 0b110_100_100);
    }

    /// <summary>What a bridge lacks, as sentences; empty where it is as it should be.</summary>
    /// <exception cref="ProblemException">InvalidArgument: a device of its name is no bridge. AddressInUse: another device has its address.</exception>
    public static IReadOnlyList<string> Missing(HostBridge bridge)
    {
        using var socket = new RouteSocket();
        var links = socket.ListLinks();
        var link = links.Find(l => l.Name == bridge.Name);
        if (link is { Kind: not "bridge" })
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{bridge.Name}' is a device of this host, and no bridge. Take another name.");
        }

        var host = socket.List();
        foreach (var address in bridge.Addresses)
        {
            if (host.Find(h => h.Address.Equals(address.Address) && h.DeviceIndex != link?.Index) is { } other)
            {
                throw new ProblemException(ProblemCode.AddressInUse, $"{address.Address} is on {links.Find(l => l.Index == other.DeviceIndex)?.Name} already. Take another for {bridge.Name}.");
            }
        }

        return
        [
            .. link is null ? [$"Make the bridge {bridge.Name}"] : Array.Empty<string>(),
            .. link is not null && HeedsRouters(bridge.Name) ? [$"Have {bridge.Name} ignore router advertisements"] : Array.Empty<string>(),
            .. link is { IsUp: false } ? [$"Bring {bridge.Name} up"] : Array.Empty<string>(),
            .. bridge.Addresses.Where(a => !host.Exists(h => h.Address.Equals(a.Address))).Select(a => $"Put {a} on {bridge.Name}"),
        ];
    }

    /// <summary>Makes what it lacks.</summary>
    public static void Make(HostBridge bridge)
    {
        if (Missing(bridge).Count == 0)
        {
            return;
        }

        using var socket = new RouteSocket();
        if (socket.FindLink(bridge.Name) is null)
        {
            socket.AddBridge(bridge.Name);
        }

        if (HeedsRouters(bridge.Name))
        {
            File.WriteAllText(AcceptRouters(bridge.Name), "0");
        }

        var link = socket.FindLink(bridge.Name) ?? throw new ProblemException(ProblemCode.NotFound, $"The bridge {bridge.Name} has gone again.");
        socket.SetUp(link);
        var host = socket.List();
        foreach (var address in bridge.Addresses.Where(a => !host.Exists(h => h.Address.Equals(a.Address))))
        {
            var bits = address.PrefixLength!.Value;
            socket.Add(link.Index, address.Address, bits, address.IsIPv6 ? null : ConfReader.BroadcastOf(ConfReader.NetworkOf(address.Address, bits)), label: null);
        }
    }

    // Behind such a bridge are vservers only: one that says it is the way to the Internet would have all of the host's IPv6 sent to it (as CVE-2020-10749).
    private static bool HeedsRouters(string bridge) => File.Exists(AcceptRouters(bridge)) && File.ReadAllText(AcceptRouters(bridge)).Trim() != "0";

    // of the network namespace of who opens it
    private static string AcceptRouters(string bridge) => $"/proc/sys/net/ipv6/conf/{bridge}/accept_ra";
}
