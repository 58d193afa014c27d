using System.Buffers.Binary;
using System.Text;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>A public key of OpenSSH's, without options and comment: sshd(8), AUTHORIZED_KEYS FILE FORMAT.</summary>
internal readonly record struct PublicKey
{
    private static readonly string[] s_types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa", "sk-ssh-ed25519@openssh.com"];

    private PublicKey(string type, byte[] blob) => (Type, Blob) = (type, blob);

    private string Type { get; }

    private byte[] Blob { get; }

    /// <summary><c>SHA256:…</c>, as ssh-keygen -l says it.</summary>
    public string Fingerprint => SshFingerprint.Of(Blob);

    /// <summary>Reads <c>TYPE BASE64 [COMMENT]</c>; what stands before the type would be options of sshd's, and is refused.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static PublicKey Parse(string text) => TryParse(text, out var key)
        ? key
        : throw new ProblemException(ProblemCode.InvalidArgument, $"This is no public key: write it as one word of the shell, such as 'ssh-ed25519 AAAA…'. Types: {string.Join(", ", s_types)}.");

    /// <summary>As <see cref="Parse"/>; false where it is none.</summary>
    public static bool TryParse(string text, out PublicKey key)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var blob = new byte[4096];
        key = default;
        if (words.Length < 2 || text.AsSpan().ContainsAny('\n', '\r', '\0') || !s_types.Contains(words[0], StringComparer.Ordinal)
            || !Convert.TryFromBase64String(words[1], blob, out var length) || !Names(blob.AsSpan(0, length), words[0]))
        {
            return false;
        }

        key = new PublicKey(words[0], blob[..length]);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Convert.ToBase64String(Blob)}";

    // RFC 4253, 6.6: the blob begins with its type as a string, whose length stands before it
    private static bool Names(ReadOnlySpan<byte> blob, string type) =>
        blob.Length > 4 + type.Length && BinaryPrimitives.ReadUInt32BigEndian(blob) == type.Length && blob.Slice(4, type.Length).SequenceEqual(Encoding.ASCII.GetBytes(type));
}
