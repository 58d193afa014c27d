using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Who has which address on this host.</summary>
internal sealed class AddressBook(Hosts.HostPaths paths, VServerRegistry registry)
{
    /// <summary>Refuses addresses that another vserver or the host has, and devices that are not there.</summary>
    public void Check(VServerName name, VServerConf conf, BuildFindings findings)
    {
        var others = OfOthers(name);
        foreach (var (entry, claim) in conf.Addresses.Zip(conf.AddressClaims).Where(a => others.ContainsKey(a.Second)))
        {
            findings.Refuse(ProblemCode.AddressInUse, $"{entry.Address} is the vserver {others[claim]}'s. Take another.");
        }

        if (conf.NetworkMode == NetworkMode.Private)
        {
            CheckLink(conf, findings);
        }
        else
        {
            CheckShared(name, conf, [.. conf.Addresses.Zip(conf.AddressClaims).Where(a => !others.ContainsKey(a.Second)).Select(a => a.First)], findings);
        }
    }

    private static void CheckLink(VServerConf conf, BuildFindings findings)
    {
        using var socket = new RouteSocket();
        try
        {
            LinkPlan.Make(conf, socket.ListLinks(), socket.List());
        }
        catch (ProblemException e)
        {
            findings.Refuse(e.Code == ProblemCode.InvalidConfiguration ? ProblemCode.InvalidArgument : e.Code, e.Message);
        }
    }

    private void CheckShared(VServerName name, VServerConf conf, IReadOnlyList<ConfAddress> free, BuildFindings findings)
    {
        var host = OfHost();
        foreach (var entry in free)
        {
            var device = entry.Device ?? conf.Device;
            if (host.Contains(entry.Address) && device is not null)
            {
                findings.Refuse(ProblemCode.AddressInUse, $"{entry.Address} is this host's own: it would be taken off {device} when {name} stops. Take another, or leave the device out to share it.");
            }
            else if (host.Contains(entry.Address))
            {
                findings.Warn($"{entry.Address} is this host's own address; {name} shares it, and their services must not use the same ports.");
            }
            else if (device is null)
            {
                findings.Warn($"{entry.Address} is on no device of this host, and no device is given to put it on: {name} can only start when you have put it there yourself.");
            }
        }

        foreach (var device in conf.Addresses.Select(a => a.Device ?? conf.Device).OfType<string>().Distinct())
        {
            if (AddressPlan.IndexOf(device.Split(':')[0]) == 0)
            {
                findings.Refuse(ProblemCode.InvalidArgument, $"This host has no network device '{device}'. It has {string.Join(", ", Devices())}.");
            }
        }
    }

    private Dictionary<string, VServerName> OfOthers(VServerName name)
    {
        var found = new Dictionary<string, VServerName>(StringComparer.Ordinal);
        foreach (var other in registry.Names().Where(n => n != name))
        {
            try
            {
                var file = ConfFile.Read(paths.ConfOf(other));
                foreach (var profile in file.ProfilesOrNone)
                {
                    foreach (var address in VServerConf.From(file, profile).Conf.AddressClaims)
                    {
                        found[address] = other;
                    }
                }
            }
            catch (Exception e) when (e is ErrnoException or ProblemException)
            {
                // it cannot start with that file either; its own page says why
            }
        }

        return found;
    }

    // without what running vservers have put on the devices: those are theirs
    private HashSet<IPAddress> OfHost()
    {
        using var socket = new RouteSocket();
        var own = socket.List().Select(a => a.Address).ToHashSet();
        var store = new RunStateStore(paths);
        foreach (var assigned in registry.Names().SelectMany(n => store.Find(n)?.Addresses ?? []))
        {
            own.Remove(assigned.Ip);
        }

        return own;
    }

    private static IEnumerable<string> Devices()
    {
        using var socket = new RouteSocket();
        return [.. socket.ListLinks().Select(l => l.Name).Order(StringComparer.Ordinal)];
    }
}
