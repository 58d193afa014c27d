using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>An address to put on a device when a vserver starts.</summary>
internal sealed record PlannedAddress(AssignedAddress Assigned, uint DeviceIndex, IPAddress? Broadcast, string Label);

/// <summary>Which addresses a start puts on which devices, after all of them were seen to be free.</summary>
internal static class AddressPlan
{
    private static readonly IPAddress s_allOnes = IPAddress.Broadcast;

    /// <param name="conf">IPROOT, IPROOTDEV, IPROOTMASK, IPROOTBCAST.</param>
    /// <param name="name">For the alias label, as in the days of ifconfig: <c>eth0:NAME</c>.</param>
    /// <param name="host">What the host's devices have now.</param>
    /// <param name="deviceIndex">A device's number, 0 where there is none.</param>
    /// <param name="warn">Told of addresses that nobody has.</param>
    /// <exception cref="ProblemException">AddressInUse, InvalidConfiguration.</exception>
    public static IReadOnlyList<PlannedAddress> Make(VServerConf conf, VServerName name, IReadOnlyList<HostAddress> host, Func<string, uint> deviceIndex, Action<string> warn)
    {
        var planned = new List<PlannedAddress>();
        foreach (var address in conf.Addresses)
        {
            var isThere = host.Any(h => h.Address.Equals(address.Address));
            if ((address.Device ?? conf.Device) is not { } device)
            {
                if (!isThere)
                {
                    warn($"No device of this host has {address.Address}, and the conf file names none to put it on (IPROOTDEV).");
                }

                continue;
            }

            if (isThere)
            {
                throw new ProblemException(ProblemCode.AddressInUse, $"This host has {address.Address} already. Give {name} another address, or leave IPROOTDEV empty if it is to use this one.");
            }

            var bare = device.Split(':')[0];
            var index = deviceIndex(bare);
            if (index == 0)
            {
                throw new ProblemException(ProblemCode.InvalidConfiguration, $"There is no network device '{bare}' on this host for {address.Address}. Set IPROOTDEV to one of those that 'ip link' shows.");
            }

            planned.Add(Plan(conf, address, bare, index, host, device == bare ? $"{bare}:{name}" : device));
        }

        return planned;
    }

    private static PlannedAddress Plan(VServerConf conf, ConfAddress address, string device, uint index, IReadOnlyList<HostAddress> host, string label)
    {
        var isV4 = !address.IsIPv6;
        var family = address.Address.AddressFamily;

        // link-local addresses have a prefix of their own kind
        var model = host.FirstOrDefault(h => h.DeviceIndex == index && h.Address.AddressFamily == family && !h.Address.IsIPv6LinkLocal);
        var prefix = conf.PrefixOf(address) ?? model?.PrefixLength ?? (isV4 ? 32 : 128);
        var broadcast = family == AddressFamily.InterNetwork ? conf.Broadcast ?? model?.Broadcast ?? s_allOnes : null;
        return new PlannedAddress(new AssignedAddress(device, address.Address.ToString(), prefix), index, broadcast, label);
    }

    /// <summary>A device's number by if_nametoindex(3).</summary>
    public static uint IndexOf(string device) => Libc.if_nametoindex(device);
}
