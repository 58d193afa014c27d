using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The services of systemd: vservers at boot, standby copies that are due, and the panel.</summary>
internal sealed class UnitsStep(HostPaths paths) : SetupStep
{
    private const string Directory = "/etc/systemd/system";
    private const string BootUnit = "vservers.service";
    private const string StandbyTimer = "vserver-standby.timer";
    private static readonly string[] s_units = [BootUnit, "vserver-panel.service", "vserver-standby.service", StandbyTimer];

    public override string Title => "Services";

    public override IReadOnlyList<string> Notes =>
        paths.Prefix.Length > 0 ? ["A trial has no services: nothing of it starts at boot."]
        : IsSystemd ? []
        : ["This host does not run systemd. To start vservers at boot, call 'vserver --as vserver-boot start' from its boot scripts, and 'vserver-panel start' for the panel. To keep standby copies while the panel is off, call 'vserver --as vserver-standby run-due' each minute, from cron."];

    private static bool IsSystemd => System.IO.Directory.Exists("/run/systemd/system");

    public override IReadOnlyList<string> Missing() => paths.Prefix.Length > 0 || !IsSystemd
        ? []
        : [.. s_units.Where(u => SystemFile.Read($"{Directory}/{u}") != SystemFile.Template(u)).Select(u => $"Install {Directory}/{u}"),
           .. IsEnabled(BootUnit) ? Array.Empty<string>() : [$"Enable {BootUnit}: vservers with ONBOOT=yes start when the host boots"],
           .. IsEnabled(StandbyTimer) ? Array.Empty<string>() : [$"Enable {StandbyTimer}: standby copies are brought up to date when they are due"]];

    public override void Apply()
    {
        foreach (var unit in s_units)
        {
            SystemFile.Write($"{Directory}/{unit}", SystemFile.Template(unit), 0b110_100_100);
        }

        Systemctl("daemon-reload");
        Systemctl("enable", "--quiet", BootUnit);
        Systemctl("enable", "--quiet", "--now", StandbyTimer);
    }

    public void Remove()
    {
        foreach (var unit in s_units.Where(u => paths.Prefix.Length == 0 && IsSystemd && File.Exists($"{Directory}/{u}")))
        {
            Systemctl(unit == StandbyTimer ? ["disable", "--quiet", "--now", unit] : ["disable", "--quiet", unit]);
            File.Delete($"{Directory}/{unit}");
        }
    }

    private static bool IsEnabled(string unit) => new ChildProcess { Program = "systemctl", Arguments = ["is-enabled", "--quiet", unit] }.Try().ExitCode == 0;

    private static void Systemctl(params string[] arguments) => new ChildProcess { Program = "systemctl", Arguments = arguments }.Run();
}
