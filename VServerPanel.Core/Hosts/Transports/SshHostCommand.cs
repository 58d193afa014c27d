using System.Globalization;
using System.Runtime.CompilerServices;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Runs the <c>vserver</c> command of another host by ssh, as the panel's user there. All that runs at once shares one connection.</summary>
internal sealed class SshHostCommand(SshHost host, SshIdentity identity) : IHostCommand
{
    public string HostName => host.Name;

    public async IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ProblemEvent? refusal = null;
        try
        {
            await identity.PublicKeyAsync(cancellationToken);
        }
        catch (HostProblemException e)
        {
            refusal = e.Problem;
        }

        if (refusal is not null)
        {
            yield return refusal;
            yield break;
        }

        var events = HostProcess.RunAsync(
            CommandLine(request),
            request,
            why => new ProblemEvent(ProblemCode.MissingTool, $"ssh could not be run: {why}. Install openssh-client on the panel's machine.", Path: "ssh"),
            (exitCode, errors) => SshProblem.EndedWithoutAnswer(host, exitCode, errors),
            cancellationToken);
        await foreach (var wireEvent in events)
        {
            yield return wireEvent;
        }
    }

    // No file of options but what stands here; no agent, password, forwarding or other key; the pinned host key or none (ssh_config(5)).
    private List<string> CommandLine(HostRequest request) =>
    [
        "ssh", "-F", "none", "-T",
        .. Option("BatchMode", "yes"),
        .. Option("PreferredAuthentications", "publickey"),
        .. Option("IdentitiesOnly", "yes"),
        .. Option("IdentityAgent", "none"),
        .. Option("IdentityFile", identity.KeyPath),
        .. Option("StrictHostKeyChecking", "yes"),
        .. Option("UserKnownHostsFile", identity.KnownHosts(host)),
        .. Option("GlobalKnownHostsFile", "/dev/null"),
        .. Option("HostKeyAlias", host.Name),
        .. Option("HostKeyAlgorithms", host.HostKeyAlgorithms),
        .. Option("UpdateHostKeys", "no"),
        .. Option("VerifyHostKeyDNS", "no"),
        .. Option("ClearAllForwardings", "yes"),
        .. Option("ControlMaster", "auto"),
        .. Option("ControlPath", identity.ControlPath(host)),
        .. Option("ControlPersist", "30"),
        .. Option("ConnectTimeout", "5"),
        .. Option("ServerAliveInterval", "5"),
        .. Option("ServerAliveCountMax", "2"),
        "-p", host.Port.ToString(CultureInfo.InvariantCulture),
        "-l", host.User,
        "--", host.Address,
        RemoteWords.Write(request.CommandLine()),
    ];

    private static string[] Option(string key, string value) => ["-o", value.Contains(' ', StringComparison.Ordinal) ? $"{key}=\"{value}\"" : $"{key}={value}"];
}
