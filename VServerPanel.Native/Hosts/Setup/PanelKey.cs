using System.Text;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The public key of another machine's panel.</summary>
/// <param name="Text"><c>ssh-ed25519 BASE64</c>, without a comment.</param>
internal sealed record PanelKey(string Text)
{
    private const string Kind = "ssh-ed25519";

    // RFC 8709 section 4 and RFC 4251 section 5: two strings, each after its length in four bytes
    private static readonly byte[] s_head = [0, 0, 0, 11, .. Encoding.ASCII.GetBytes(Kind), 0, 0, 0, 32];

    /// <summary>Reads the line that the panel shows. Nothing but the key itself gets from it into authorized_keys(5): no option, no second line.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static PanelKey Parse(string line)
    {
        var parts = line.Trim().Split(' ', 3);
        var bytes = new byte[64];
        return !line.Any(char.IsControl) && parts.Length >= 2 && parts[0] == Kind && parts[1].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/')
            && Convert.TryFromBase64String(parts[1], bytes, out var length) && length == s_head.Length + 32 && bytes.AsSpan().StartsWith(s_head)
            ? new PanelKey($"{Kind} {parts[1]}")
            : throw new ProblemException(ProblemCode.InvalidArgument, $"This is no key of a panel. Copy the whole line that the panel shows: '{Kind} AAAA…'.");
    }

    /// <summary>Enough of it to know it by.</summary>
    public override string ToString() => "…" + Text[^12..];
}
