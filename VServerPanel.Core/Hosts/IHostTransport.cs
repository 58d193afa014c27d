namespace VServerPanel.Core.Hosts;

/// <summary>The seam to other hosts: how they are found and reached.</summary>
public interface IHostTransport
{
    /// <summary>What another host has to let in, one line.</summary>
    /// <exception cref="HostProblemException">There is none, and it cannot be made.</exception>
    Task<string> PublicKeyAsync(CancellationToken cancellationToken = default);

    /// <summary>The key by which the host at an address can be known: <c>ssh-ed25519 AAAA…</c>. Nothing but the question is sent.</summary>
    /// <exception cref="HostProblemException">Nobody answers there.</exception>
    Task<string> FindKeyAsync(string address, int port, CancellationToken cancellationToken = default);

    /// <summary>The way to a host that has to have the key which is pinned.</summary>
    /// <exception cref="HostProblemException">A part of it is not what it should be.</exception>
    IHostCommand Reach(PinnedHost host);

    /// <summary>What was kept to reach a host is not needed any more.</summary>
    void Forget(string hostName);
}

/// <summary>A host as it is reached.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Address">Where it is reached.</param>
/// <param name="Port">Of its sshd.</param>
/// <param name="HostKey">The one key by which it is known: <c>ssh-ed25519 AAAA…</c>.</param>
public sealed record PinnedHost(string Name, string Address, int Port, string HostKey)
{
    /// <summary>Of the key, as <c>ssh-keygen -lf</c> writes it.</summary>
    public string Fingerprint => Transports.SshHostKey.FingerprintOf(HostKey);

    /// <summary>The file that holds the key on that host.</summary>
    public string KeyFile => HostKey.Split(' ')[0] switch
    {
        "ssh-ed25519" => "/etc/ssh/ssh_host_ed25519_key.pub",
        "ssh-rsa" => "/etc/ssh/ssh_host_rsa_key.pub",
        _ => "/etc/ssh/ssh_host_ecdsa_key.pub",
    };
}
