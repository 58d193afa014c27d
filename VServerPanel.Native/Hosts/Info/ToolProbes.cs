using VServerPanel.Native.ChildProcesses;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>The programs that the command runs, and their versions.</summary>
internal static class ToolProbes
{
    public static IEnumerable<Probe> All() =>
    [
        Tool("crun", "OCI runtime", "No vserver can be started.", "crun", "--version"),
        Tool("conmon", "Monitor of running vservers", "No vserver can be started.", "conmon", "--version"),
        Tool("catatonit", "Process 1 of vservers without init", "Vservers with the init style sysv cannot be started.", "catatonit", "--version"),
        Tool("rsync", "Copying of trees", "Vservers cannot be moved to other hosts.", "rsync", "--version") with { Lack = CapabilityState.Degraded },
        Tool("mmdebstrap", "Building of Debian roots", "Debian roots are built by debootstrap, which takes twice as long, or not at all where that is missing too.", "mmdebstrap", "--version") with { Lack = CapabilityState.Degraded },
        Tool("ssh", "OpenSSH", "This host cannot reach other hosts.", "openssh-client", "-V") with { Lack = CapabilityState.Degraded },
        Tool("sudo", "Privilege of the panel", "The panel cannot do anything; commands in a shell work.", "sudo", "--version") with { Lack = CapabilityState.Degraded },
    ];

    private static Probe Tool(string program, string title, string cost, string package, string versionOption) =>
        new(program, title, cost, $"apt-get install {package}", () => Version(program, versionOption));

    private static string Version(string program, string option)
    {
        if (ChildProcess.Find(program) is not { } path)
        {
            throw new ProbeFailedException("not installed");
        }

        var result = new ChildProcess { Program = path, Arguments = [option], TimeOut = TimeSpan.FromSeconds(10) }.Try();
        var line = (result.Output + result.Error).Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l))?.Trim();
        return result.ExitCode == 0 && line is not null ? line : throw new ProbeFailedException($"'{path} {option}' failed with exit code {result.ExitCode}", remedy: "Install it again.");
    }
}
