using VServerPanel.Native.Hosts;
using VServerPanel.Native.Network;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>What is wrong with a conf file, seen beside those of the other vservers.</summary>
internal static class ConfChecks
{
    /// <summary>The document that <c>config show</c> answers.</summary>
    public static ConfDocument Describe(ConfFile file, VServerName name, HostPaths paths) => new(file.Text, file.Digest, file.Values(), Findings(file, name, paths));

    /// <summary>All findings of all its profiles, each once.</summary>
    public static IReadOnlyList<ConfFinding> Findings(ConfFile file, VServerName name, HostPaths paths)
    {
        var profiles = file.ProfilesOrNone;
        var read = profiles.Select(p => VServerConf.From(file, p)).ToList();
        return [.. read.SelectMany(r => r.Findings).Concat(Clashes(file, read.Select(r => r.Conf), name, paths)).Distinct().OrderBy(f => f.Line)];
    }

    /// <summary>Keys that differ and take effect at the next start only.</summary>
    public static IReadOnlyList<string> RestartNeeded(ConfFile old, ConfFile changed)
    {
        var (before, after) = (VServerConf.From(old).Conf, VServerConf.From(changed).Conf);
        return [.. ConfKeys.All.Where(k => k.NeedsRestart && old.Get(k.Name) != changed.Get(k.Name) && !LiveAddresses.Follows(k.Name, before, after)).Select(k => k.Name)];
    }

    /// <summary>A finding for people.</summary>
    public static string Sentence(ConfFinding finding) => $"{(finding.Line > 0 ? $"line {finding.Line}: " : "")}{(finding.IsError ? "" : "warning: ")}{finding.Message}";

    // Two vservers may share an address (one is the spare of the other), so this is a warning here; the start of the second is refused.
    private static IEnumerable<ConfFinding> Clashes(ConfFile file, IEnumerable<VServerConf> confs, VServerName name, HostPaths paths)
    {
        var addresses = confs.SelectMany(c => c.AddressClaims).ToHashSet(StringComparer.Ordinal);
        if (addresses.Count == 0)
        {
            yield break;
        }

        var line = file.Assignments().GetValueOrDefault(ConfKeys.IpRoot)?.Line ?? 0;
        foreach (var other in new VServerRegistry(paths, TimeProvider.System).Names().Where(n => n != name))
        {
            foreach (var address in AddressesOf(paths.ConfOf(other)).Where(addresses.Contains))
            {
                yield return new ConfFinding(line, ConfKeys.IpRoot, $"{address} is also the address of the vserver {other}; they cannot both run.", false);
            }
        }
    }

    private static IEnumerable<string> AddressesOf(string path)
    {
        try
        {
            return VServerConf.From(ConfFile.Read(path)).Conf.AddressClaims;
        }
        catch (Exception e) when (e is IOException or Operations.ProblemException)
        {
            // gone meanwhile or broken: its own page says so
            return [];
        }
    }
}
