using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The services of systemd: vservers at boot, and the panel.</summary>
internal sealed class UnitsStep(HostPaths paths) : SetupStep
{
    private const string Directory = "/etc/systemd/system";
    private const string BootUnit = "vservers.service";
    private static readonly string[] s_units = [BootUnit, "vserver-panel.service"];

    public override string Title => "Services";

    public override IReadOnlyList<string> Notes =>
        paths.Prefix.Length > 0 ? ["A trial has no services: nothing of it starts at boot."]
        : IsSystemd ? []
        : ["This host does not run systemd. To start vservers at boot, call 'vserver --as vserver-boot start' from its boot scripts, and 'vserver-panel start' for the panel."];

    private static bool IsSystemd => System.IO.Directory.Exists("/run/systemd/system");

    public override IReadOnlyList<string> Missing() => paths.Prefix.Length > 0 || !IsSystemd
        ? []
        : [.. s_units.Where(u => SystemFile.Read($"{Directory}/{u}") != SystemFile.Template(u)).Select(u => $"Install {Directory}/{u}"),
           .. IsEnabled() ? Array.Empty<string>() : [$"Enable {BootUnit}: vservers with ONBOOT=yes start when the host boots"]];

    public override void Apply()
    {
        foreach (var unit in s_units)
        {
            SystemFile.Write($"{Directory}/{unit}", SystemFile.Template(unit), 0b110_100_100);
        }

        Systemctl("daemon-reload");
        Systemctl("enable", "--quiet", BootUnit);
    }

    public void Remove()
    {
        foreach (var unit in s_units.Where(u => paths.Prefix.Length == 0 && IsSystemd && File.Exists($"{Directory}/{u}")))
        {
            Systemctl("disable", "--quiet", unit);
            File.Delete($"{Directory}/{unit}");
        }
    }

    private static bool IsEnabled() => new ChildProcess { Program = "systemctl", Arguments = ["is-enabled", "--quiet", BootUnit] }.Try().ExitCode == 0;

    private static void Systemctl(params string[] arguments) => new ChildProcess { Program = "systemctl", Arguments = arguments }.Run();
}
