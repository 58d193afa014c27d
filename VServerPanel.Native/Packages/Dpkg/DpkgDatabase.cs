using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary>dpkg's database: <c>var/lib/dpkg/status</c>, and <c>info/NAME[:ARCH].list</c> and <c>.conffiles</c> of each package (dpkg(1), FILES).</summary>
internal sealed class DpkgDatabase : PackageDatabase
{
    public const string StatusPath = Directory + "/status";

    private const string Directory = "var/lib/dpkg";

    // a server with 3,000 packages has 4 MiB; the largest package of Debian lists 60,000 files in 4 MiB
    private const long MostStatusBytes = 64 << 20;
    private const long MostListBytes = 32 << 20;

    // of all packages together, once over: a list may be sparse, or be named by every package
    private const long MostBytes = 1L << 30;

    private readonly SafeFileHandle _root;
    private readonly RealPaths _paths;
    private readonly Diversions _diversions;
    private readonly List<InstalledPackage> _packages = [];
    private long _left = MostBytes;

    public DpkgDatabase(SafeFileHandle root)
    {
        _root = root;
        _paths = new RealPaths(root);
        _diversions = Diversions.Read(root);
        using var lines = GuestLines.TryOpen(root, StatusPath, MostStatusBytes);
        var status = new DpkgStatus();
        while (lines is not null && _packages.Count < MostPackages && lines.TryRead(out var line))
        {
            AddIfAny(status.Add(line));
        }

        AddIfAny(status.Finish());

        void AddIfAny(InstalledPackage? package)
        {
            if (package is not null)
            {
                _packages.Add(package);
            }
        }
    }

    public override PackageFormat Format => PackageFormat.Dpkg;

    public override IReadOnlyList<InstalledPackage> Packages => _packages;

    public override IEnumerable<PackageFile> FilesOf(InstalledPackage package)
    {
        var conffiles = ReadConffiles(package);
        using var lines = Open(package, "list");
        if (lines is null)
        {
            yield break;
        }

        // a directory stands before what is in it
        string? last = null;
        while (ReadPath(lines) is { } path)
        {
            if (last is not null && !(path.Length > last.Length && path[last.Length] == '/' && path.StartsWith(last, StringComparison.Ordinal)) && Entry(package, last, conffiles) is { } file)
            {
                yield return file;
            }

            last = path;
        }

        _left -= lines.BytesRead;
        if (last is not null && Entry(package, last, conffiles) is { } end)
        {
            yield return end;
        }
    }

    // the list of all files is not read for it
    public override IEnumerable<PackageFile> ConfigurationOf(InstalledPackage package)
    {
        var conffiles = ReadConffiles(package);
        foreach (var path in conffiles)
        {
            if (Entry(package, path, conffiles) is { } file)
            {
                yield return file;
            }
        }
    }

    private PackageFile? Entry(InstalledPackage package, string path, HashSet<string> conffiles) =>
        _paths.Find(_diversions.PlaceOf(path, package.Name)) is { } real ? new PackageFile(real, conffiles.Contains(path)) : null;

    private HashSet<string> ReadConffiles(InstalledPackage package)
    {
        const int Most = 10_000;
        var conffiles = new HashSet<string>(StringComparer.Ordinal);
        using var lines = Open(package, "conffiles");
        while (lines is not null && conffiles.Count < Most && ReadPath(lines) is { } line)
        {
            // deb-conffiles(5): a word may stand before the path
            var slash = line.IndexOf('/', StringComparison.Ordinal);
            conffiles.Add(slash > 0 ? line[slash..] : line);
        }

        _left -= lines?.BytesRead ?? 0;
        return conffiles;
    }

    private static string? ReadPath(GuestLines lines) => lines.TryRead(out var line) ? PathMarshaller.Decode(line.TrimEnd((byte)'\r')) : null;

    // "Multi-Arch: same" packages have their architecture in the name
    private GuestLines? Open(InstalledPackage package, string kind)
    {
        var most = Math.Min(MostListBytes, _left);
        return (package.Architecture.Length > 0 ? GuestLines.TryOpen(_root, $"{Directory}/info/{package.Name}:{package.Architecture}.{kind}", most) : null)
            ?? GuestLines.TryOpen(_root, $"{Directory}/info/{package.Name}.{kind}", most);
    }
}
