using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;

namespace VServerPanel.Native.Trash;

/// <summary>Addresses of a vserver in the trash that others have by now.</summary>
internal static class TrashClashes
{
    /// <summary>Each as a sentence.</summary>
    public static IReadOnlyList<string> Of(HostPaths paths, VServerRegistry registry, ConfFile conf)
    {
        var own = VServerConf.From(conf).Conf.AddressClaims.ToHashSet(StringComparer.Ordinal);
        return own.Count == 0 ? [] : [.. registry.Names().SelectMany(n => ClaimsOf(paths.ConfOf(n)).Where(own.Contains).Select(a => $"{a} is the vserver {n}'s by now."))];
    }

    private static IReadOnlyList<string> ClaimsOf(string path)
    {
        try
        {
            return VServerConf.From(ConfFile.Read(path)).Conf.AddressClaims;
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            // gone meanwhile, or broken: its own page says so
            return [];
        }
    }
}
