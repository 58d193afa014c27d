using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>How this host runs a service: a unit of systemd, or a script in /etc/init.d.</summary>
internal sealed record HostService
{
    // one service has several names by distribution
    private static readonly Dictionary<string, string[]> s_otherNames = new(StringComparer.Ordinal)
    {
        ["httpd"] = ["apache2"],
        ["named"] = ["bind9"],
        ["portmap"] = ["rpcbind"],
        ["smb"] = ["smbd", "samba"],
        ["sshd"] = ["ssh"],
    };

    private readonly string? _script;
    private readonly IReadOnlyDictionary<string, string>? _unit;

    private HostService(string? script, IReadOnlyDictionary<string, string>? unit) => (_script, _unit) = (script, unit);

    /// <exception cref="ProblemException">NotFound: this host has no such service.</exception>
    public static HostService Find(HostPaths paths, string service)
    {
        string[] names = [service, .. s_otherNames.GetValueOrDefault(service, [])];

        // sd_booted(3); a prefix has scripts of its own
        if (paths.Prefix.Length == 0 && Directory.Exists("/run/systemd/system"))
        {
            foreach (var name in names)
            {
                var shown = new ChildProcess { Program = "systemctl", Arguments = ["show", name + ".service", "--property=LoadState,ActiveState,ExecStart,Type,Environment,EnvironmentFiles"] }.Run();
                var unit = SystemdUnit.ParseProperties(shown);
                if (unit.GetValueOrDefault("LoadState") == "loaded")
                {
                    return new HostService(null, unit);
                }
            }
        }

        return names.Select(n => $"{paths.Prefix}/etc/init.d/{n}").FirstOrDefault(File.Exists) is { } script
            ? new HostService(script, null)
            : throw new ProblemException(ProblemCode.NotFound, $"This host has no service {string.Join(" or ", names)}: neither a unit of systemd nor a script in {paths.Prefix}/etc/init.d.");
    }

    /// <summary>The script's call; null on a host with systemd.</summary>
    public IReadOnlyList<string>? ScriptCommand(string action) => _script is null ? null : [_script, action];

    /// <summary>What starts it, and whether that goes on as the service itself.</summary>
    /// <exception cref="ProblemException">AlreadyRunning: systemd runs it.</exception>
    public (IReadOnlyList<string> Command, bool IsDaemon) StartCommand()
    {
        if (_unit is null)
        {
            return ([_script!, "start"], false);
        }

        if (_unit.GetValueOrDefault("ActiveState") is "active" or "activating")
        {
            throw new ProblemException(ProblemCode.AlreadyRunning, "systemd runs this service, tied to no address. Stop and disable its unit ('systemctl disable --now …') first.");
        }

        return (SystemdUnit.Command(_unit), _unit.GetValueOrDefault("Type") is not ("forking" or "oneshot"));
    }
}
