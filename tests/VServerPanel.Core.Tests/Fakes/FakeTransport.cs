using System.Collections.Concurrent;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Other hosts that are not real, by the address at which they are found.</summary>
internal sealed class FakeTransport : IHostTransport
{
    public const string PublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmTuyQBYHSoXEEyLfkT5dIGj6VMh0Zi0yYzkSvJSyRK vserverpanel";

    public const string HostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA7IlZGHNNmT5zvmcChvxq/4GGFQoEkLJ/CzxQNU7bwF";

    public ConcurrentDictionary<string, IHostCommand> Hosts { get; } = new(StringComparer.Ordinal);

    public Task<string> PublicKeyAsync(CancellationToken cancellationToken = default) => Task.FromResult(PublicKey);

    public Task<string> FindKeyAsync(string address, int port, CancellationToken cancellationToken = default) => Hosts.ContainsKey(address)
        ? Task.FromResult(HostKey)
        : throw new HostProblemException(ProblemCode.Unreachable, $"No sshd answers at {address}, port {port}.");

    public IHostCommand Reach(PinnedHost host) => Hosts[host.Address];

    public void Forget(string hostName)
    {
    }
}
