using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>Gives a running vserver in the host's network the addresses that its conf file has now: new sockets have them at once.</summary>
/// <remarks>It makes things as the conf file says, wherever an earlier attempt got to: so its undo is itself, after the old file is back.</remarks>
internal sealed class LiveAddresses(HostPaths paths, VServerName name)
{
    private static readonly string[] s_keys = [ConfKeys.IpRoot, ConfKeys.IpRootDev, ConfKeys.IpRootMask, ConfKeys.IpRootBcast];

    private readonly RunStateStore _store = new(paths);

    /// <summary>Whether a running vserver can take over a change of this key; where not, its next start does.</summary>
    public static bool Follows(string key, VServerConf old, VServerConf changed) =>
        s_keys.Contains(key, StringComparer.Ordinal)
        && old.NetworkMode == NetworkMode.Shared
        && changed.NetworkMode == NetworkMode.Shared

        // open sockets of a loose vserver are tied to nothing, and stay so
        && (old.Addresses.Count == 0) == (changed.Addresses.Count == 0);

    /// <summary>Whether this change is one for <see cref="Apply"/>.</summary>
    public bool IsConcerned(ConfFile old, ConfFile changed)
    {
        var (before, after) = (VServerConf.From(old).Conf, VServerConf.From(changed).Conf);
        return _store.FindRunning(name) is { Network: NetworkMode.Shared } && s_keys.Any(k => old.Get(k) != changed.Get(k) && Follows(k, before, after));
    }

    /// <summary>Puts new addresses on their devices and tells the neighbours, lets new sockets use these and no others, takes off those that are no longer the vserver's.</summary>
    /// <exception cref="ProblemException">AddressInUse, InvalidConfiguration: half done; the caller undoes.</exception>
    public void Apply(VServerConf conf, Action<string> warn)
    {
        if (_store.FindRunning(name) is not { Network: NetworkMode.Shared } state)
        {
            return;
        }

        var claims = Dismantling.AddressClaims(paths);
        var claimed = conf.AddressClaims;
        state = Save(state with { Claims = [.. state.Claims.Union(claimed)] });
        foreach (var address in claimed.Where(a => !claims.TryTake(a, name)))
        {
            throw new ProblemException(ProblemCode.AddressInUse, $"{address} is in use by the vserver {claims.OwnerOf(address)}. Stop that one, or give {name} another address.");
        }

        state = ChangeDevices(state, conf, warn, () => Tie(conf, warn));
        foreach (var address in state.Claims.Except(claimed))
        {
            claims.Release(address, name);
        }

        Save(state with { Claims = claimed });
    }

    private RunState ChangeDevices(RunState state, VServerConf conf, Action<string> warn, Action tie)
    {
        if (state.LeavesDevices)
        {
            tie();
            return state;
        }

        using var socket = new RouteSocket();
        var host = socket.List();
        var own = state.Addresses;
        var planned = AddressPlan.Make(conf, name, [.. host.Where(h => !own.Any(o => o.Ip.Equals(h.Address)))], AddressPlan.IndexOf, warn);
        var gone = own.Where(o => !planned.Any(p => p.Assigned == o)).ToList();
        FaultPoint.Reach();

        // written down first, as at the start: after a crash each of them is ours
        state = Save(state with { Addresses = [.. own.Union(planned.Select(p => p.Assigned))] });

        // with another mask or on another device it is not there twice
        AddressAssignment.Remove([.. gone.Where(g => planned.Any(p => p.Assigned.Ip.Equals(g.Ip)))]);
        AddressAssignment.Add(socket, [.. planned.Where(p => !host.Any(h => h.DeviceIndex == p.DeviceIndex && h.Address.Equals(p.Assigned.Ip) && h.PrefixLength == p.Assigned.PrefixLength))], warn);
        FaultPoint.Reach();
        tie();
        FaultPoint.Reach();
        AddressAssignment.Remove(gone);
        return Save(state with { Addresses = [.. planned.Select(p => p.Assigned)] });
    }

    private void Tie(VServerConf conf, Action<string> warn)
    {
        try
        {
            new Kernel.Ipv4Root(paths).Update(name, conf);
        }
        catch (ProblemException e) when (e.Code is ProblemCode.NotRunning or ProblemCode.Unsupported)
        {
            // its start could not tie it, and its status says so
            warn(e.Message);
        }
    }

    private RunState Save(RunState state)
    {
        _store.Save(name, state);
        return state;
    }
}

/// <summary>Has a running vserver take over the addresses of its conf file again.</summary>
internal sealed record ReapplyAddresses(VServerName Name) : UndoAction
{
    public override void Run(HostPaths paths) => new LiveAddresses(paths, Name).Apply(VServerConf.From(ConfFile.Read(paths.ConfOf(Name))).Conf, _ => { });
}
