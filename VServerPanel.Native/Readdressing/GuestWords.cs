using System.Net;
using System.Text.RegularExpressions;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Readdressing;

/// <summary>Which words of a guest's files become which: addresses in their order, each by one of its own kind, and the host name with its first part.</summary>
internal sealed partial class GuestWords
{
    private readonly Dictionary<string, ConfAddress> _addresses = new(StringComparer.Ordinal);
    private readonly string _oldName;
    private readonly string _newName;

    public GuestWords(VServerConf before, VServerConf after)
    {
        (_oldName, _newName) = (before.Hostname, after.Hostname);
        Own = [.. after.Addresses.Select(a => a.Address)];
        foreach (var isIPv6 in (bool[])[false, true])
        {
            // those that stay keep their words
            var gone = before.Addresses.Where(a => a.IsIPv6 == isIPv6 && !after.Addresses.Any(b => b.Address.Equals(a.Address))).ToList();
            var came = after.Addresses.Where(a => a.IsIPv6 == isIPv6 && !before.Addresses.Any(b => b.Address.Equals(a.Address))).ToList();
            foreach (var (old, changed) in gone.Zip(came))
            {
                _addresses[old.Address.ToString()] = changed;
            }

            Orphans.AddRange(gone.Skip(came.Count).Select(a => a.Address.ToString()));
        }
    }

    /// <summary>Addresses that go and have none in their place.</summary>
    public List<string> Orphans { get; } = [];

    /// <summary>Its addresses from now on.</summary>
    public IReadOnlyList<IPAddress> Own { get; }

    private bool IsRenamed => _newName.Length > 0 && !string.Equals(_oldName, _newName, StringComparison.Ordinal);

    /// <summary>hostname(5): one name; comments stay.</summary>
    public string Hostname(string text)
    {
        if (!IsRenamed)
        {
            return text;
        }

        // the file may have the first part only of a name with dots
        var isShort = text.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0 && l[0] != '#') is { } was && was == First(_oldName) && was != _oldName;
        var comments = text.Split('\n').Where(l => l.TrimStart().StartsWith('#')).Select(l => l + "\n");
        return string.Concat(comments) + (isShort ? First(_newName) : _newName) + "\n";
    }

    /// <summary>/etc/mailname: one name, changed only where it was the host's.</summary>
    public string Mailname(string text) => IsRenamed && _oldName.Length > 0 && text.Trim() == _oldName ? _newName + "\n" : text;

    /// <summary>HOSTNAME of /etc/sysconfig/network.</summary>
    public string SysconfigNetwork(string text) => !IsRenamed || _oldName.Length == 0
        ? text
        : string.Join('\n', text.Split('\n').Select(l => l.StartsWith("HOSTNAME=", StringComparison.Ordinal) && l[9..].Trim('"', '\'', '\r', ' ') == _oldName ? $"HOSTNAME={_newName}" : l));

    /// <summary>hosts(5): addresses everywhere, names on lines of the vserver's own addresses and of loopback.</summary>
    public string Hosts(string text)
    {
        var changed = string.Join('\n', text.Split('\n').Select(line => HostsLine(line)));
        return IsRenamed ? Creation.Guest.GuestFiles.Hosts(changed, _newName, Own) : changed;
    }

    /// <summary>Addresses wherever they stand as whole words, outside of comments; a size after them (/24) becomes the new one's, if it has one.</summary>
    public string Network(string text) => _addresses.Count == 0
        ? text
        : string.Join('\n', text.Split('\n').Select(l => l.TrimStart() is ['#' or ';', ..] ? l : AddressWord().Replace(l, Changed)));

    private string HostsLine(string line)
    {
        var comment = line.IndexOf('#', StringComparison.Ordinal);
        var (text, rest) = comment < 0 ? (line, "") : (line[..comment], line[comment..]);
        var words = Word().Matches(text);
        if (words.Count == 0 || !IPAddress.TryParse(words[0].Value, out var address))
        {
            return line;
        }

        var isOwn = IPAddress.IsLoopback(address) || _addresses.ContainsKey(address.ToString()) || Own.Contains(address);
        var index = 0;
        return Word().Replace(text, m => index++ == 0 ? (_addresses.TryGetValue(address.ToString(), out var now) ? now.Address.ToString() : m.Value) : isOwn ? Renamed(m.Value) : m.Value) + rest;
    }

    private string Renamed(string word) => !IsRenamed || _oldName.Length == 0 ? word : word == _oldName ? _newName : word == First(_oldName) ? First(_newName) : word;

    private string Changed(Match match)
    {
        if (!ConfAddress.TryParseAddress(match.Groups["address"].Value, out var address) || !_addresses.TryGetValue(address.ToString(), out var now))
        {
            return match.Value;
        }

        var bits = match.Groups["bits"];
        return now.Address + (bits.Success ? $"/{(now.PrefixLength is { } own ? own.ToString(System.Globalization.CultureInfo.InvariantCulture) : bits.Value)}" : "");
    }

    private static string First(string name) => name.Split('.')[0];

    [GeneratedRegex(@"\S+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<![\w.:-])(?<address>[0-9A-Fa-f:.]{2,45})(?![\w.:-])(/(?<bits>[0-9]{1,3})(?![\w.]))?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AddressWord();
}
