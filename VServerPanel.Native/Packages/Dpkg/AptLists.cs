using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary>The latest versions in a guest's own package lists, as its last <c>apt-get update</c> left them.</summary>
/// <remarks>Read from outside, so that a stopped vserver need not be started for it, and one that runs runs nothing. Pins of apt_preferences(5) are not
/// looked at; archives that are not for everybody's upgrades (NotAutomatic: backports, experimental) are left out, as apt does without a pin.</remarks>
internal sealed class AptLists
{
    private const string Directory = "var/lib/apt/lists";

    // Debian's main has 50 MiB
    private const long MostListBytes = 256 << 20;
    private const long MostBytes = 1L << 30;
    private const int MostFiles = 2000;

    private readonly Dictionary<string, List<Candidate>> _wanted;

    private AptLists(IEnumerable<InstalledPackage> packages) =>
        _wanted = packages.GroupBy(p => p.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(p => new Candidate(p)).ToList(), StringComparer.Ordinal);

    /// <summary>Reads the lists for these packages. A list that is compressed (apt.conf(5), Acquire::GzipIndexes) is told and left out.</summary>
    public static AptLists Read(SafeFileHandle root, IEnumerable<InstalledPackage> packages, Action<string> warn)
    {
        var lists = new AptLists(packages);
        using var directory = GuestRoot.TryOpenDirectory(root, Directory);
        if (directory is null)
        {
            return lists;
        }

        var names = DirectoryReader.Read(directory).Select(e => e.Name).Take(MostFiles).ToList();
        var withheld = names.Where(n => IsWithheld(root, n)).Select(n => n[..(n.LastIndexOf('_') + 1)]).ToList();
        var left = MostBytes;
        foreach (var name in names.Where(n => n.EndsWith("_Packages", StringComparison.Ordinal) && !withheld.Exists(w => n.StartsWith(w, StringComparison.Ordinal))))
        {
            using var lines = GuestLines.TryOpen(root, $"{Directory}/{name}", Math.Min(left, MostListBytes));
            lists.Add(lines);
            left -= lines?.BytesRead ?? 0;
        }

        if (names.Any(n => n.Contains("_Packages.", StringComparison.Ordinal)))
        {
            warn("Some of its package lists are compressed and were not read, so upgrades may be missing here.");
        }

        return lists;
    }

    /// <summary>A later version than the installed one; null where there is none.</summary>
    public string? CandidateOf(InstalledPackage package) =>
        _wanted.TryGetValue(package.Name, out var candidates) ? candidates.Find(c => c.Package.Architecture == package.Architecture)?.Version : null;

    // HOST_debian_dists_bookworm-backports_InRelease names HOST_debian_dists_bookworm-backports_main_binary-amd64_Packages
    private static bool IsWithheld(SafeFileHandle root, string name)
    {
        const long MostReleaseBytes = 8 << 20;
        if (!name.EndsWith("_InRelease", StringComparison.Ordinal) && !name.EndsWith("_Release", StringComparison.Ordinal))
        {
            return false;
        }

        using var lines = GuestLines.TryOpen(root, $"{Directory}/{name}", MostReleaseBytes);
        while (lines is not null && lines.TryRead(out var line))
        {
            if (Ascii.EqualsIgnoreCase(line.TrimEnd((byte)'\r'), "NotAutomatic: yes"u8))
            {
                return true;
            }
        }

        return false;
    }

    private void Add(GuestLines? lines)
    {
        var lookup = _wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        List<Candidate>? wanted = null;
        var version = "";
        Span<char> name = stackalloc char[256];
        while (lines is not null && lines.TryRead(out var line))
        {
            if (line.StartsWith("Package: "u8))
            {
                var value = line["Package: "u8.Length..];
                wanted = value.Length <= name.Length && Ascii.ToUtf16(value, name, out var length) == System.Buffers.OperationStatus.Done && lookup.TryGetValue(name[..length], out var found) ? found : null;
                version = "";
            }
            else if (wanted is not null && line.StartsWith("Version: "u8))
            {
                version = Encoding.UTF8.GetString(line["Version: "u8.Length..]);
            }
            else if (wanted is not null && line.StartsWith("Architecture: "u8))
            {
                // fields come in any order: it is taken at the end of the paragraph
                var architecture = Encoding.UTF8.GetString(line["Architecture: "u8.Length..]);
                wanted.ForEach(w => w.Offer(architecture));
            }
            else if (line.IsEmpty)
            {
                wanted?.ForEach(w => w.Take(version));
                wanted = null;
            }
        }

        wanted?.ForEach(w => w.Take(version));
    }

    /// <summary>What is offered for one installed package.</summary>
    private sealed class Candidate(InstalledPackage package)
    {
        private bool _isForUs;

        public InstalledPackage Package => package;

        public string? Version { get; private set; }

        /// <summary>A package may become one for all architectures, or cease to be one.</summary>
        public void Offer(string architecture) => _isForUs = architecture == "all" || architecture == package.Architecture || package.Architecture == "all";

        public void Take(string version)
        {
            if (_isForUs && version.Length <= 256 && !version.Any(char.IsControl) && DebianVersion.IsLater(version, Version ?? package.Version))
            {
                Version = version;
            }

            _isForUs = false;
        }
    }
}
