using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary>Puts a file of a vserver back, where it is as we wrote it; one that its own root has changed since is his.</summary>
internal sealed record RestoreGuestFile(VServerName Name, string Path, byte[] Old, byte[] New) : UndoAction
{
    public override void Run(HostPaths paths) => GuestEdits.Replace(paths, Name, Path, New, Old);
}

/// <summary>Has a running vserver take over host name and NIS domain of its conf file again.</summary>
internal sealed record ReapplyHostname(VServerName Name) : UndoAction
{
    public static void Apply(HostPaths paths, VServerName name, VServerConf conf)
    {
        if (new RunStateStore(paths).FindRunning(name) is { Init.Pid: var init })
        {
            GuestKernel.SetHostname(init, GuestKernel.HostnameOf(conf.Hostname));
            if (conf.DomainName is { } domainName)
            {
                GuestKernel.SetDomainName(init, domainName);
            }
        }
    }

    public override void Run(HostPaths paths) => Apply(paths, Name, VServerConf.From(ConfFile.Read(paths.ConfOf(Name))).Conf);
}
