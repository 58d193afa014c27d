namespace VServerPanel.Native.Commands;

/// <summary>All tools and verbs of this command. A new one is added here and nowhere else.</summary>
internal static class ToolTable
{
    public static IReadOnlyList<Tool> Tools { get; } =
    [
        new Hosts.Info.VServerInfoTool(),
        new Creation.NewVServerTool(),
        new Hosts.Setup.VServerSetupTool(),
        new Jobs.VServerJobsTool(),
        new Kernel.NetworkProbeTool(),
        new Kernel.SecurityProbeTool(),
        new Lifecycle.VServerBootTool(),
        new Lifecycle.VServerExitedTool(),
        new Processes.SignalTool(),
        new Processes.VKillTool(),
        new Processes.VpsTool(),
        new Processes.VServerStatTool(),
    ];

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new Creation.BuildVerb(),
        new Creation.DeleteVerb(),
        new Configuration.ConfigVerb(),
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
        new Terminal.TerminalVerb(),
    ];

    public static Tool? FindTool(string name) => Tools.FirstOrDefault(t => t.Name == name);

    public static Verb? FindVerb(string name) => Verbs.FirstOrDefault(v => v.Name == name);
}
