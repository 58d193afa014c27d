namespace VServerPanel.Native.Commands;

/// <summary>All tools and verbs of this command. A new one is added here and nowhere else.</summary>
internal static class ToolTable
{
    public static IReadOnlyList<Tool> Tools { get; } =
    [
        new Contexts.ChbindTool(),
        new Contexts.ChcontextTool(),
        new Contexts.ReducecapTool(),
        new Contexts.ContextTool(),
        new DiskShares.VduTool(),
        new DiskShares.VFilesTool(),
        new Hosts.Gate.VServerGateTool(),
        new Hosts.Info.VServerInfoTool(),
        new Creation.Clone.VBuildTool(),
        new Creation.NewVServerTool(),
        new Hosts.Setup.VServerSetupTool(),
        new Jobs.VServerJobsTool(),
        new Kernel.NetworkProbeTool(),
        new Kernel.SecurityProbeTool(),
        new Lifecycle.VServerBootTool(),
        new Lifecycle.VServerExitedTool(),
        new Packages.PackageTool(new Packages.Dpkg.AptGet()),
        new Packages.PackageTool(new Packages.Rpm.RpmProgram()),
        new Packages.PackageTool(new Packages.Rpm.DnfProgram()),
        new Packages.Checks.VCheckTool(),
        new Moving.Sending.VServerMovesTool(),
        new Peers.VServerHostsTool(),
        new Peers.VServerReceiveTool(),
        new Processes.SignalTool(),
        new Standby.VServerStandbyTool(),
        new Trash.VServerTrashTool(),
        new Unification.VUnifyTool(),
        new Processes.VKillTool(),
        new Processes.VpsTool(),
        new Processes.VServerStatTool(),
        new Processes.AllContextsTool("vtop", "top", "procps"),
        new Processes.AllContextsTool("vpstree", "pstree", "psmisc"),
        .. Contexts.HostServiceTool.Classics.Select(s => new Contexts.HostServiceTool(s)),
    ];

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new Creation.BuildVerb(),
        new Creation.DeleteVerb(),
        new Configuration.ConfigVerb(),
        new Renaming.RenameVerb(),
        new Readdressing.ReaddressVerb(),
        new Shares.ShareVerb(),
        new Moving.Sending.MoveVerb(),
        new Lifecycle.StartVerb(),
        new Lifecycle.StopVerb(),
        new Lifecycle.RestartVerb(),
        new Lifecycle.StatusVerb("status"),
        new Lifecycle.StatusVerb("running"),
        new Lifecycle.EnterVerb(),
        new Lifecycle.ExecVerb(),
        new Lifecycle.SuexecVerb(),
        new Lifecycle.GuestProgramVerb("service", "SERVICE start|stop|…", "the vserver's own service program, on one of its services", "/etc/init.d/SERVICE start"),
        new Lifecycle.GuestProgramVerb("chkconfig", "…", "the vserver's own chkconfig: which of its services start", "update-rc.d SERVICE defaults", "systemctl enable SERVICE"),
        new Lifecycle.LogVerb(),
        new Standby.StandbyVerb(),
        new Standby.PromoteVerb(),
        new Terminal.TerminalVerb(),
        new Unification.UnifyVerb(),
        new Unification.DeunifyVerb(),
    ];

    public static Tool? FindTool(string name) => Tools.FirstOrDefault(t => t.Name == name) ?? FindService(name);

    // an administrator's own link: v_dovecot
    private static Contexts.HostServiceTool? FindService(string name) =>
        name.StartsWith(Contexts.HostServiceTool.Prefix, StringComparison.Ordinal) && name.Length > 2 && name[2..].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new Contexts.HostServiceTool(name[2..])
            : null;

    public static Verb? FindVerb(string name) => Verbs.FirstOrDefault(v => v.Name == name);
}
