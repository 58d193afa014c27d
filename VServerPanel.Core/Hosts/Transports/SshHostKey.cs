using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>What people compare of a host key.</summary>
internal static class SshHostKey
{
    /// <summary><c>SHA256:…</c>, as <c>ssh-keygen -lf</c> writes it, of <c>ssh-ed25519 AAAA…</c>.</summary>
    /// <exception cref="FormatException">It is no key.</exception>
    public static string FingerprintOf(string hostKey) => SshFingerprint.Of(Convert.FromBase64String(hostKey.Split(' ')[1]));
}
