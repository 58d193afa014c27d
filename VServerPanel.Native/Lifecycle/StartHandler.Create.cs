using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Jobs;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

internal sealed partial class StartHandler
{
    // on a host that unifies and has lost its protection; a tree that shares has them in its first directories
    private static readonly TimeSpan s_searchForShared = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes the container; it waits before its first instruction.</summary>
    private void Create(VServerConf conf, RegistryEntry entry, SafeFileHandle root, GuestSpec spec)
    {
        NullDevice.Repair(_report.Warn);
        var runtime = new IsolationRuntime(_paths);
        var monitor = new Isolation.Monitor(_paths, runtime);
        var handle = _paths.HandleOf(name);
        var request = new Isolation.Monitor.Request(name, handle, Environment.ProcessPath ?? "/usr/sbin/vserver", _state.Generation, GuestKernel.HasConsole(spec.Style), conf.StartTimeout);
        FaultPoint.Reach();
        ConsoleFiles.Begin(_paths, name, handle, _report.Warn);

        using var users = UserNamespace.Open(entry.IdBase, entry.IdCount);
        using var mount = IdmappedMount.Create(root, users, _paths.TreeOf(name));
        using var shares = new Shares.ShareMounts(_paths, conf.Shares, root, users);
        var initPid = PrivateMounts.Run(() =>
        {
            NullDevice.HideHosts(_paths.DirectoryOf(handle) + "/dev");
            ReadOnlyProgram.Show(runtime.Program);
            using var launched = monitor.Launch(request);

            // while it loads its libraries
            IdmappedMount.Attach(mount, spec.RootPath);
            if (!_state.SharesFollow)
            {
                shares.Attach(spec.RootPath);
            }

            HybridCgroups.Hide(_cgroups);
            GuestBundle.Write(_paths.DirectoryOf(handle), spec);
            _store.Save(name, _state = _state with { Monitor = ProcessMark.Of(launched.Pid) });
            FaultPoint.Reach();

            // the service manager that stops our caller must not end the monitor with it
            leaving.Wait();
            CallerCgroup.Leave(launched.Pid);
            return launched.Create();
        });

        _store.Save(name, _state = _state with { Init = ProcessMark.Of(initPid) });
        FaultPoint.Reach();
        if (_state.SharesFollow && conf.Shares.Count > 0)
        {
            using var guest = Shares.GuestMounts.Of(_state);
            shares.Attach(guest);
        }

        TellWhatLacks(new Kernel.Contexts(_paths).Enter(name, initPid, _state.Context), root);
        TieToAddresses(conf, initPid);
        Connect(conf, entry, initPid);
        if (_state.Nice != 0)
        {
            GuestKernel.SetNice(initPid, _state.Nice);
        }

        if (conf.DomainName is { } domainName)
        {
            GuestKernel.SetDomainName(initPid, domainName);
        }

        if (spec.Style == InitStyle.Systemd)
        {
            GuestKernel.GiveCgroups(_cgroups, spec.Cgroup, entry.IdBase);
        }
    }

    /// <summary>Before its first instruction, so that no socket of it is older than its ties.</summary>
    private void TieToAddresses(VServerConf conf, int initPid)
    {
        if (conf.NetworkMode == NetworkMode.Shared && new Kernel.Ipv4Root(_paths).Apply(name, conf, initPid, _state.Context) is { } whyNot)
        {
            Keep(Kernel.Ipv4Root.CostOf(conf, whyNot));
        }
    }

    /// <summary>Isolation is the host's matter, shown on its page: told once a boot. Shared files without protection are this vserver's: told until they are no more.</summary>
    private void TellWhatLacks(IReadOnlyList<Kernel.LackingTopic> lacking, SafeFileHandle root)
    {
        foreach (var lack in lacking)
        {
            if (lack.Topic == Kernel.Isolation.TopicName && Kernel.Noted.IsNews($"{_paths.Run}/.kernel/isolation-told"))
            {
                _report.Warn($"On this host nothing keeps signals of the host (killall) and abstract sockets away from vservers; 'vserver-info' tells more. This is said once a boot. {lack.WhyNot}");
            }
            else if (lack.Topic == Kernel.Iunlink.TopicName && Kernel.SharedFiles.MayBeOn(_paths) && Kernel.SharedFiles.FindOne(root, s_searchForShared) is { } file)
            {
                Keep($"shares files by hard links ({file} is one), which nothing protects now: root in it can change those of other vservers. Stop it and run 'vserver NAME deunify', or see to what is missing: {lack.WhyNot}");
            }
        }
    }

    /// <summary>Warns, and shows it with the vserver as long as it runs.</summary>
    /// <param name="warning">A sentence that lacks its subject. It is kept without the name, which may change meanwhile.</param>
    private void Keep(string warning)
    {
        _store.Save(name, _state = _state with { Warning = _state.Warning is null ? $"It {warning}" : $"{_state.Warning} It {warning}" });
        _report.Warn($"{name} {warning}");
    }
}
