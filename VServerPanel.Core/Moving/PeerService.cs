using System.Text.Json;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>Which hosts this one may send vservers to, which may send theirs here, and the keys for it.</summary>
public sealed class PeerService(IHostCommand host, OperationRunner operations)
{
    private const string Tool = "vserver-hosts";

    /// <summary>The hosts that this one knows.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<PeerList> ListAsync(CancellationToken cancellationToken = default)
    {
        var (peers, allowed) = (new List<PeerInfo>(), new List<AllowedPeer>());
        await host.RunToEndAsync(new HostRequest([Tool, "list"]), Take, cancellationToken);
        return new PeerList(peers, allowed);

        void Take(WireEvent line)
        {
            switch (line)
            {
                case ItemEvent { Kind: ItemKinds.Peer } item:
                    peers.Add(HostCommandExtensions.Read<PeerInfo>(item.Data));
                    break;
                case ItemEvent { Kind: ItemKinds.AllowedPeer } item:
                    allowed.Add(HostCommandExtensions.Read<AllowedPeer>(item.Data));
                    break;
            }
        }
    }

    /// <summary>What a peer is and can do, asked of it now.</summary>
    /// <exception cref="HostProblemException">It cannot be reached, shows another host key, or does not let this host in.</exception>
    public Task<PeerReport> CheckAsync(string name, CancellationToken cancellationToken = default) =>
        host.AskAsync<PeerReport>(new HostRequest([Tool, "check", CheckName(name)]), cancellationToken);

    /// <summary>The keys of this host; null where it has none for other hosts yet.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<HostKeys?> FindKeysAsync(CancellationToken cancellationToken = default)
    {
        // what would be done: nothing where the key is there, so that it is told
        var answer = await host.RunToEndAsync(new HostRequest([Tool, "key"]) { Plan = true }, cancellationToken: cancellationToken);
        return answer.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("publicKey", out _) ? HostCommandExtensions.Read<HostKeys>(data) : null;
    }

    /// <summary>Makes the key of this host for other hosts.</summary>
    /// <exception cref="HostProblemException">It was refused.</exception>
    public async Task<HostKeys> MakeKeysAsync(Caller caller) => Read<HostKeys>(await RunAsync("host-key", caller, null, "key"));

    /// <summary>Makes another host known, with the host key that it must show from then on.</summary>
    /// <exception cref="HostProblemException">Something given is wrong, or the name is taken.</exception>
    public async Task<PeerInfo> AddAsync(string name, string address, int port, string hostKey, Caller caller)
    {
        var key = CheckKey(hostKey);
        if (string.IsNullOrWhiteSpace(address) || port is < 1 or > 65535)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, "Write the address of the other host, such as 192.0.2.7, and the port of its sshd, 1 to 65535.");
        }

        return Read<PeerInfo>(await RunAsync(
            "host-add", caller, $"{name} at {address.Trim()}, host key {SshKey.FingerprintOf(key)}",
            "add", CheckName(name), "--address=" + address.Trim(), string.Create(System.Globalization.CultureInfo.InvariantCulture, $"--port={port}"), "--host-key=" + key));
    }

    /// <summary>Forgets a host that vservers could be sent to.</summary>
    /// <exception cref="HostProblemException">It is not known.</exception>
    public Task RemoveAsync(string name, Caller caller) => RunAsync("host-remove", caller, null, "remove", CheckName(name));

    /// <summary>Lets another host send vservers here, by its key.</summary>
    /// <exception cref="HostProblemException">Something given is wrong, or the key is there for something else.</exception>
    public Task AllowAsync(string name, string key, Caller caller) =>
        RunAsync("host-allow", caller, $"{name}, key {SshKey.FingerprintOf(key)}", "allow", CheckName(name), CheckKey(key));

    /// <summary>Lets it send none any more.</summary>
    /// <exception cref="HostProblemException">It was not let in.</exception>
    public Task DenyAsync(string name, Caller caller) => RunAsync("host-deny", caller, null, "deny", CheckName(name));

    private Task<ResultEvent> RunAsync(string operation, Caller caller, string? detail, params string[] words) =>
        operations.RunAsync(new Operation(operation, null, [Tool, .. words]) { Detail = detail }, caller);

    private static T Read<T>(ResultEvent result) =>
        HostCommandExtensions.Read<T>(result.Data ?? throw new HostProblemException(ProblemCode.Internal, "The host gave no result."));

    private static string CheckName(string name) => MoveRequest.IsPeerName(name)
        ? name
        : throw new HostProblemException(ProblemCode.InvalidArgument, "A host's name has 1 to 32 letters, digits, '.', '_' or '-', and begins with a letter or digit.");

    private static string CheckKey(string text) => SshKey.Clean(text)
        ?? throw new HostProblemException(ProblemCode.InvalidArgument, "This is no public key. It is one line, such as 'ssh-ed25519 AAAA…'.");
}
