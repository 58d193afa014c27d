using System.Security.Cryptography;

namespace VServerPanel.Protocol;

/// <summary>What people compare of a public key.</summary>
public static class SshFingerprint
{
    /// <summary><c>SHA256:…</c>, as <c>ssh-keygen -l</c> writes it.</summary>
    /// <param name="key">The key's own bytes, those in base64 behind its type.</param>
    public static string Of(ReadOnlySpan<byte> key) => "SHA256:" + Convert.ToBase64String(SHA256.HashData(key)).TrimEnd('=');
}
