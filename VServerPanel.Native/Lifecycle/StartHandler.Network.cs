using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

internal sealed partial class StartHandler
{
    private static LinkPlan? PlanLink(VServerConf conf)
    {
        using var socket = new RouteSocket();
        return LinkPlan.Make(conf, socket.ListLinks(), socket.List());
    }

    /// <summary>Connects a vserver that has a network of its own, before its first instruction.</summary>
    private void Connect(VServerConf conf, RegistryEntry entry, int initPid)
    {
        if (conf.NetworkMode != NetworkMode.Private)
        {
            return;
        }

        using var guest = GuestNetwork.Of(initPid);
        var plan = operation.Call.Options.NoDevices ? null : PlanLink(conf);
        if (plan is null && conf.Device is not null)
        {
            _report.Warn($"{name} is started without its link, as was asked for by --nodev: it has loopback only.");
        }

        if (plan is { Kind: LinkKind.Macvlan })
        {
            using var socket = new RouteSocket();
            socket.AddMacvlan(LinkPlan.GuestDevice, LinkPlan.GuestAddressOf(entry.Id), plan.Parent, guest.Handle);
        }
        else if (plan is not null)
        {
            AddPort(plan, entry, guest);
        }

        FaultPoint.Reach();
        guest.Configure(plan is null ? conf with { Addresses = [], Gateways = [] } : conf);
    }

    private void AddPort(LinkPlan plan, RegistryEntry entry, GuestNetwork guest)
    {
        using var socket = new RouteSocket();
        var taken = socket.ListLinks().Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
        while (true)
        {
            // written down first: what has this name and this hardware address is ours
            var end = HostEnd.Choose(_state.Context, _state.Generation, taken);
            _store.Save(name, _state = _state with { HostEnd = end });
            FaultPoint.Reach();
            try
            {
                socket.AddVeth(end.Device, end.Address, plan.Parent, guest.Handle, LinkPlan.GuestDevice, LinkPlan.GuestAddressOf(entry.Id));
                FaultPoint.Reach();
                socket.FixPort(socket.FindLink(end.Device) ?? throw new ProblemException(ProblemCode.NotFound, $"The device {end.Device} has gone again."), LinkPlan.GuestAddressOf(entry.Id));
                return;
            }
            catch (ErrnoException e) when (e.Errno == ErrnoNames.EEXIST)
            {
                // got meanwhile by another
                taken.Add(end.Device);
            }
        }
    }

    /// <summary>Only where DNS is set: else the file is the vserver's own.</summary>
    private void WriteResolver(VServerConf conf, SafeFileHandle root)
    {
        if (conf.NameServers.Count == 0)
        {
            return;
        }

        var text = $"# Written at each start of this vserver, from DNS in its conf file on the host.\n{string.Concat(conf.NameServers.Select(s => $"nameserver {s}\n"))}";
        try
        {
            if (GuestRoot.Read(root, "etc/resolv.conf") != text && !GuestRoot.Write(root, "etc/resolv.conf", text))
            {
                _report.Warn($"{name} has no directory /etc, so its name servers are not set.");
            }
        }
        catch (IOException e)
        {
            _report.Warn($"The name servers of {name} could not be written to its /etc/resolv.conf: {e.Message}");
        }
    }
}
