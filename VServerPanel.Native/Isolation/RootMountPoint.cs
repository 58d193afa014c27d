using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>Where the root of a starting vserver is mounted in the private mount namespace.</summary>
internal static class RootMountPoint
{
    private const uint SearchableByOthers = 0b000_000_001;
    private static readonly string[] s_candidates = ["/mnt", "/media", "/srv", "/opt"];

    /// <summary>A standard directory below / that nothing we start needs.</summary>
    /// <remarks>The runtime looks the root up with the guest's mapped ids, which may not enter /vservers (0700): so it cannot stay there.</remarks>
    /// <param name="needed">Absolute paths that must stay reachable.</param>
    /// <exception cref="ProblemException">Unsupported: there is none.</exception>
    public static string Choose(IReadOnlyList<string> needed)
    {
        foreach (var candidate in s_candidates)
        {
            if (Libc.TryStatx(null, candidate, out var stat)
                && (stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR
                && (stat.Mode & SearchableByOthers) != 0
                && !needed.Any(path => path.StartsWith(candidate + "/", StringComparison.Ordinal)))
            {
                return candidate;
            }
        }

        throw new ProblemException(ProblemCode.Unsupported, "None of /mnt, /media, /srv and /opt can be used to mount a vserver's root while it starts. Make an empty /mnt with mode 0755.");
    }
}
