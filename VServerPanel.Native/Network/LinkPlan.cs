using System.Security.Cryptography;
using System.Text;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>The link that a vserver with a network of its own gets.</summary>
/// <param name="Kind">A port of a bridge, or a device on top of one.</param>
/// <param name="Parent">That bridge or device.</param>
internal sealed record LinkPlan(LinkKind Kind, HostLink Parent)
{
    /// <summary>Its name in the vserver.</summary>
    public const string GuestDevice = "eth0";

    /// <summary>What a vserver with this conf is connected to; null where it has loopback only.</summary>
    /// <param name="conf">NETWORK_MODE, NETWORK_LINK, IPROOTDEV, IPROOT.</param>
    /// <param name="links">The host's devices.</param>
    /// <param name="host">What these have.</param>
    /// <exception cref="ProblemException">InvalidConfiguration: no such bridge or device. AddressInUse: the host has one of the addresses.</exception>
    public static LinkPlan? Make(VServerConf conf, IReadOnlyList<HostLink> links, IReadOnlyList<HostAddress> host)
    {
        if (conf.NetworkMode != NetworkMode.Private || conf.Device is not { } device)
        {
            return null;
        }

        var parent = links.FirstOrDefault(l => l.Name == device);
        var fault = conf.Link == LinkKind.Bridge ? FaultOfBridge(device, parent, links) : FaultOfParent(device, parent, links);
        if (fault is not null || parent is null)
        {
            throw new ProblemException(ProblemCode.InvalidConfiguration, fault ?? "");
        }

        if (conf.Addresses.FirstOrDefault(a => host.Any(h => h.DeviceIndex == parent.Index && h.Address.Equals(a.Address))) is { } taken)
        {
            throw new ProblemException(ProblemCode.AddressInUse, $"{taken.Address} is the host's own address on {device}. Give the vserver another of that network.");
        }

        return new LinkPlan(conf.Link, parent);
    }

    /// <summary>The hardware address of a vserver's end: the same at each start, so that neighbours and DHCP servers know it again. Locally administered (IEEE 802).</summary>
    public static byte[] GuestAddressOf(Guid id) => [0x02, .. Hash($"{id:n} {GuestDevice}")];

    /// <summary>That of the host's end, by which it is told from another of the same name. It is high: a bridge takes the lowest of its ports' for its own.</summary>
    public static byte[] HostAddressOf(string generation) => [0xfe, .. Hash(generation)];

    private static string? FaultOfBridge(string device, HostLink? bridge, IReadOnlyList<HostLink> links) => bridge switch
    {
        null => $"There is no bridge '{device}' on this host.{Those(links.Where(l => l.Kind == "bridge"), "Its bridges are")} 'vserver-setup --bridge {device} --address ADDRESS/BITS' makes one; or write another into IPROOTDEV.",
        { Kind: not "bridge" } => $"'{device}' is no bridge.{Those(links.Where(l => l.Kind == "bridge"), "This host's bridges are")} Write one of them into IPROOTDEV, or NETWORK_LINK=macvlan to be on top of {device}.",
        { IsUp: false } => $"The bridge '{device}' is down. 'ip link set {device} up' brings it up.",
        _ => null,
    };

    private static string? FaultOfParent(string device, HostLink? parent, IReadOnlyList<HostLink> links) => parent switch
    {
        null => $"There is no network device '{device}' on this host.{Those(links.Where(l => l is { IsLoopback: false, Master: 0 }), "It has")} Write one of them into IPROOTDEV.",
        { HardwareAddress: null } or { IsLoopback: true } => $"macvlan needs an Ethernet device, and '{device}' is none. Write another into IPROOTDEV, or use a bridge.",
        { Master: not 0 } => $"'{device}' is a port of {links.FirstOrDefault(l => l.Index == parent.Master)?.Name ?? "a bridge"}, so nothing can be put on top of it. Write that one into IPROOTDEV.",
        { IsUp: false } => $"The device '{device}' is down. 'ip link set {device} up' brings it up.",
        _ => null,
    };

    private static string Those(IEnumerable<HostLink> links, string begin) => links.Select(l => l.Name).ToList() is { Count: > 0 } names ? $" {begin} {string.Join(", ", names)}." : "";

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text))[..5];
}
