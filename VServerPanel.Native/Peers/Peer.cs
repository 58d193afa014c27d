using System.Text.Json.Serialization;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>Another host that this one may send vservers to.</summary>
/// <param name="Name">What this host calls it.</param>
/// <param name="Address">Host name or address.</param>
/// <param name="Port">Port of its sshd.</param>
/// <param name="HostKey">Its pinned host key, <c>TYPE BASE64</c>.</param>
internal sealed record Peer(string Name, string Address, int Port, string HostKey)
{
    private const int LongestName = 32;
    private const int LongestAddress = 253;

    /// <summary>What came from a command line or a file.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public Peer Checked()
    {
        CheckName(Name);
        if (Address.Length is 0 or > LongestAddress || !Address.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-') || Address[0] is '-' or '.')
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{Address}' is no address of a host. Write a host name or an address, such as 192.0.2.7.");
        }

        return Port is < 1 or > 65535
            ? throw new ProblemException(ProblemCode.InvalidArgument, "A port is a number from 1 to 65535.")
            : this with { HostKey = PublicKey.Parse(HostKey).ToString() };
    }

    /// <summary>A name goes into files, a line of authorized_keys and words of ssh's.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static string CheckName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && char.IsAsciiLetterOrDigit(name[0])
            ? name
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{name}' is no name of a host: it has 1 to {LongestName} letters, digits, '.', '_' or '-', and begins with a letter or digit.");

    public PeerInfo ToInfo() => new(Name, Address, Port, PublicKey.Parse(HostKey).Fingerprint);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Peer))]
internal sealed partial class PeerJson : JsonSerializerContext;
