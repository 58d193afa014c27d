using System.Globalization;
using System.Net;
using System.Net.Sockets;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Another host, as ssh is told of it. Each part is checked once, here: a name that is an option, or has more than one line, never reaches a command line or file.</summary>
internal sealed record SshHost
{
    /// <summary>Whom the panel is at every host.</summary>
    public const string PanelUser = "vserverpanel";

    private const int LongestName = 63;

    private SshHost(string name, string address, int port, string hostKey, string user) => (Name, Address, Port, HostKey, User) = (name, address, port, hostKey, user);

    public string Name { get; }

    /// <summary>An address, or a name that is looked up.</summary>
    public string Address { get; }

    public int Port { get; }

    /// <summary>The one key by which the host is known: <c>ssh-ed25519 AAAA…</c>.</summary>
    public string HostKey { get; }

    public string User { get; }

    /// <exception cref="HostProblemException">InvalidArgument: a part is not what it should be; the message says which.</exception>
    public static SshHost Parse(string name, string address, int port, string hostKey, string user = PanelUser)
    {
        Check(name, address, port);
        Demand(
            hostKey?.Split(' ') is [var kind, var key] && Algorithms(kind).Length > 0 && key.Length is > 40 and < 2000 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=') && Convert.TryFromBase64String(key, new byte[key.Length], out _),
            "The host key must be of the kind ssh-ed25519, ecdsa-sha2-nistp256 or ssh-rsa, as ssh-keyscan prints it.");
        Demand(IsName(user, 32), "This is no name of a user.");
        return new SshHost(name, address, port, hostKey!, user);
    }

    /// <summary>The same, of one whose key is not known yet.</summary>
    /// <exception cref="HostProblemException">InvalidArgument: a part is not what it should be; the message says which.</exception>
    public static void Check(string name, string address, int port)
    {
        Demand(IsName(name, LongestName), $"'{Shown(name)}' is no name for a host: up to {LongestName} letters, digits, '-' and '.', a letter or digit first.");
        Demand(IsName(address, 253) || IsAddress(address), $"'{Shown(address)}' is neither an address nor a name of a machine.");
        Demand(port is >= 1 and <= 65535, "A port is a number from 1 to 65535.");
    }

    /// <summary>By which signatures the host may prove that key (ssh_config(5), HostKeyAlgorithms).</summary>
    public string HostKeyAlgorithms => Algorithms(HostKey.Split(' ')[0]);

    private static string Algorithms(string kind) => kind switch
    {
        "ssh-ed25519" or "ecdsa-sha2-nistp256" => kind,
        "ssh-rsa" => "rsa-sha2-512,rsa-sha2-256",
        _ => "",
    };

    private static bool IsName(string? text, int longest) => text is { Length: > 0 } && text.Length <= longest && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static bool IsAddress(string? text) => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');

    private static void Demand(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, otherwise);
        }
    }

    private static string Shown(string? text) => string.Concat((text ?? "").Take(LongestName).Select(c => char.IsControl(c) ? ' ' : c)).ToString(CultureInfo.InvariantCulture);
}
