namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Other hosts are reached by ssh, as the panel's user there, with the panel's own key.</summary>
/// <param name="identity">The panel's key.</param>
/// <param name="user">Who the panel is there.</param>
internal sealed class SshTransport(SshIdentity identity, string user = SshHost.PanelUser) : IHostTransport
{
    public Task<string> PublicKeyAsync(CancellationToken cancellationToken = default) => identity.PublicKeyAsync(cancellationToken);

    public Task<string> FindKeyAsync(string address, int port, CancellationToken cancellationToken = default) => SshKeyScan.RunAsync(address, port, cancellationToken);

    public IHostCommand Reach(PinnedHost host) => new SshHostCommand(SshHost.Parse(host.Name, host.Address, host.Port, host.HostKey, user), identity);

    public void Forget(string hostName) => identity.Forget(hostName);
}
