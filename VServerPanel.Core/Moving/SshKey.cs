using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>A public key as people paste it.</summary>
public static class SshKey
{
    /// <summary><c>TYPE BASE64 [COMMENT]</c> without comment and line ends; null where it is something else. Whether it is a key decides the host.</summary>
    public static string? Clean(string? text) =>
        (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var type, var blob, ..] && char.IsAsciiLetter(type[0]) && BlobOf(blob) is not null ? $"{type} {blob}" : null;

    /// <summary>Its fingerprint, <c>SHA256:…</c>, as <c>ssh-keygen -l</c> tells it; null where it is no key.</summary>
    public static string? FingerprintOf(string? text) =>
        Clean(text)?.Split(' ')[1] is { } blob && BlobOf(blob) is { } bytes ? SshFingerprint.Of(bytes) : null;

    private static byte[]? BlobOf(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > 0 ? bytes[..length] : null;
    }
}
