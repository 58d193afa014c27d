using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The unprivileged user that the panel runs as. It is a user of the machine, whatever the prefix.</summary>
internal sealed class PanelUserStep : SetupStep
{
    public override string Title => "The panel's user";

    public override IReadOnlyList<string> Missing() => Exists() ? [] : [$"Make the system user {HostPaths.PanelUser}, without password and shell"];

    public override void Apply() => new ChildProcess
    {
        Program = "useradd",
        Arguments = ["--system", "--user-group", "--home-dir", "/var/lib/vserverpanel", "--no-create-home", "--shell", "/usr/sbin/nologin", "--comment", "VServerPanel", HostPaths.PanelUser],
    }.Run();

    /// <summary>Whether the machine has the user, in whatever directory it keeps its users.</summary>
    public static bool Exists() => new ChildProcess { Program = "getent", Arguments = ["passwd", HostPaths.PanelUser] }.Try().ExitCode == 0;
}
