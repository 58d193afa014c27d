using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What would keep a vserver from starting, as far as it can be known without starting it.</summary>
internal sealed class StartChecks(Invocation call, VServerName name)
{
    private readonly List<ProblemEvent> _problems = [];
    private readonly List<string> _warnings = [];

    public (IReadOnlyList<ProblemEvent> Problems, IReadOnlyList<string> Warnings) Run()
    {
        var (conf, findings) = VServerConf.From(ConfFile.Read(call.Paths.ConfOf(name)));
        foreach (var finding in findings)
        {
            if (finding.IsError)
            {
                _problems.Add(new ProblemEvent(ProblemCode.InvalidConfiguration, ConfChecks.Sentence(finding), Path: call.Paths.ConfOf(name)));
            }
            else
            {
                _warnings.Add(finding.Message);
            }
        }

        if (_problems.Count == 0)
        {
            Try(() => Standby.StandbyRule.ThrowIfCopy(call.Paths, call.Registry.Find(name)));
            Try(() => CheckRange());
            Try(() => CheckClaims(conf));
            AfterScript(() => StorageCheck.OpenRoot(call.Paths.VServers, name).Dispose());
            AfterScript(() => CheckDevices(conf));
            foreach (var share in conf.Shares)
            {
                AfterScript(() => Shares.ShareSource.Check(call.Paths, share));
            }
        }

        return (_problems, _warnings);
    }

    private void CheckRange()
    {
        if (call.Registry.Find(name) is null && call.Registry.FaultOfRanges() is { } fault)
        {
            throw fault;
        }
    }

    private void CheckClaims(VServerConf conf)
    {
        var claims = Dismantling.AddressClaims(call.Paths);
        foreach (var address in conf.AddressClaims)
        {
            if (claims.OtherUserOf(address, name) is { } other)
            {
                throw new ProblemException(ProblemCode.AddressInUse, $"{address} is in use by the vserver {other}. Stop that one, or give {name} another address.");
            }
        }
    }

    private void CheckDevices(VServerConf conf)
    {
        if (call.Options.NoDevices || (conf.NetworkMode == NetworkMode.Shared && conf.Addresses.Count == 0))
        {
            return;
        }

        using var socket = new RouteSocket();
        if (conf.NetworkMode == NetworkMode.Private)
        {
            LinkPlan.Make(conf, socket.ListLinks(), socket.List());
            return;
        }

        // what it has put there itself is gone when it starts again
        var own = new RunStateStore(call.Paths).FindRunning(name)?.Addresses.Select(a => a.Address).ToList() ?? [];
        AddressPlan.Make(conf, name, [.. socket.List().Where(h => !own.Contains(h.Address.ToString(), StringComparer.Ordinal))], AddressPlan.IndexOf, _warnings.Add);
    }

    private void Try(Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            _problems.Add(ProblemException.ToEvent(e));
        }
    }

    // a pre-start script may be what makes it right
    private void AfterScript(Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            var problem = ProblemException.ToEvent(e);
            if (HookScript.Exists(call.Paths, name))
            {
                _warnings.Add($"Unless the {HookScript.PreStart} script changes it: {problem.Message}");
            }
            else
            {
                _problems.Add(problem);
            }
        }
    }
}
