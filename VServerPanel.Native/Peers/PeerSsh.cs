using System.Globalization;
using System.Text;
using System.Text.Json;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>ssh to a peer: our own key, its pinned host key, nothing of root's configuration.</summary>
internal sealed class PeerSsh(HostPaths paths, Peer peer)
{
    // ssh(1): it ends with 255 where it failed itself
    private const int OwnFailure = 255;

    // unix(7): sun_path has 108 bytes, and ssh puts 17 behind it until it listens
    private const int LongestSocket = 90;

    private string Folder => paths.Run + "/.ssh";

    /// <summary>Where calls of this process find a connection that they share; in a directory for root alone.</summary>
    public string ControlPath => $"{Folder}/{peer.Name}.{Environment.ProcessId}";

    /// <summary>Whether a socket may lie there.</summary>
    public bool CanShare => ControlPath.Length <= LongestSocket;

    /// <summary>Words before the host's: also for rsync's -e. A dead link is noticed within 15 seconds.</summary>
    public IReadOnlyList<string> Options() =>
    [
        "-F", "none",
        "-T",
        "-i", new OwnKey(paths).PrivateFile,
        .. Setting("IdentitiesOnly", "yes"),
        .. Setting("IdentityAgent", "none"),
        .. Setting("BatchMode", "yes"),
        .. Setting("StrictHostKeyChecking", "yes"),
        .. Setting("UserKnownHostsFile", KnownHosts()),
        .. Setting("GlobalKnownHostsFile", "none"),
        .. Setting("HostKeyAlias", peer.Name),
        .. Setting("UpdateHostKeys", "no"),

        // what OpenSSH prefers takes a third of a processor more where the processor itself knows AES
        .. System.Runtime.Intrinsics.X86.Aes.IsSupported ? Setting("Ciphers", "^aes128-gcm@openssh.com,aes256-gcm@openssh.com") : [],
        .. Setting("ConnectTimeout", "10"),
        .. Setting("ServerAliveInterval", "5"),
        .. Setting("ServerAliveCountMax", "3"),
        .. Setting("ClearAllForwardings", "yes"),
        .. Setting("ControlMaster", "no"),
        .. Setting("ControlPath", CanShare ? ControlPath : "none"),
        "-l", "root",
        "-p", peer.Port.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Asks its receiving end one question.</summary>
    /// <exception cref="ProblemException">Unreachable; NotPermitted: it does not know us, or shows another host key; what it answered.</exception>
    public T Ask<T>(string question, TimeSpan patience, CancellationToken cancel)
    {
        var answer = Ask(question, null, patience, cancel);
        try
        {
            return WireProtocol.FromElement<T>(answer);
        }
        catch (JsonException e)
        {
            throw NotOurs(peer.Name, e);
        }
    }

    /// <summary>Asks one question with something on its standard input.</summary>
    /// <exception cref="ProblemException">As above; Terminated, TimedOut: what it has done is not known.</exception>
    public JsonElement Ask(string question, string? input, TimeSpan patience, CancellationToken cancel)
    {
        var ssh = ChildProcess.Require("ssh", "openssh-client");
        var result = new ChildProcess { Program = ssh, Arguments = [.. Options(), "--", peer.Address, question], StandardInput = input, TimeOut = patience }.Try(cancel);
        if (result.ExitCode == OwnFailure)
        {
            throw Failure(result.Error);
        }

        try
        {
            var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => WireProtocol.Read(l)).ToList();
            return lines switch
            {
                [.., ProblemEvent problem] => throw new ProblemException(problem.Code, $"{peer.Name} says: {problem.Message}"),
                [HelloEvent { Version: WireProtocol.Version }, .., ResultEvent { Data: { } data }] => data,
                [HelloEvent { Version: not WireProtocol.Version } hello, ..] => throw new ProblemException(ProblemCode.Unsupported, $"{peer.Name} speaks version {hello.Version} of the protocol, and this host {WireProtocol.Version}. Install the same version on both."),
                _ => throw new ProblemException(ProblemCode.Terminated, $"{peer.Name} ended without an answer."),
            };
        }
        catch (JsonException e)
        {
            throw NotOurs(peer.Name, e);
        }
    }

    internal static ProblemException NotOurs(string peer, JsonException e) =>
        new(ProblemCode.CommandFailed, $"What {peer} answers is not of our protocol. Is the same version of VServerPanel installed there, and was this host allowed by 'vserver-hosts allow'?", e);

    internal ProblemException Failure(string error)
    {
        var said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
        return error switch
        {
            _ when error.Contains("Host key verification failed", StringComparison.Ordinal) => new(ProblemCode.NotPermitted,
                $"{peer.Address} shows another host key than the one that is pinned for {peer.Name}: it is another machine, was installed anew, or somebody is in between. If it is right, call 'vserver-hosts remove {peer.Name}' and add it with its new key."),
            _ when error.Contains("Permission denied", StringComparison.Ordinal) => new(ProblemCode.NotPermitted,
                $"{peer.Name} does not let this host in. Call there 'vserver-hosts allow {Environment.MachineName} KEY' with the key that 'vserver-hosts key' tells here."),
            _ => new(ProblemCode.Unreachable, $"{peer.Name} ({peer.Address}, port {peer.Port}) does not answer: {said}"),
        };
    }

    private static string[] Setting(string name, string value) => ["-o", $"{name}={value}"];

    // one source of truth, the peer's own file: this is made from it each time
    private string KnownHosts()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = $"{Folder}/{peer.Name}.known";
        DurableFile.Write(file, Encoding.ASCII.GetBytes($"{peer.Name} {peer.HostKey}\n"), 0b110_000_000);
        return file;
    }
}
