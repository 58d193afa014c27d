using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>What is installed where, at one moment.</summary>
/// <param name="Packages">By name.</param>
/// <param name="VServers">Those whose packages could be read, by name.</param>
/// <param name="ReadAt">When it was read.</param>
public sealed record PackageCatalogue(IReadOnlyList<PackageVersions> Packages, IReadOnlyList<PackagedVServer> VServers, DateTimeOffset ReadAt);

/// <summary>A vserver with a package manager.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">Of which package manager.</param>
/// <param name="Installed">Packages it has.</param>
/// <param name="Upgradable">Packages of these for which it knows a newer version.</param>
/// <param name="CanFetch">Whether it has a program that fetches newer versions: apt-get; for rpm dnf, yum or microdnf.</param>
public sealed record PackagedVServer(VServerName Name, PackageFormat Format, int Installed, int Upgradable, bool CanFetch);

/// <summary>Puts together what the host tells package by package: a thousand vservers tell half a million times, mostly the same.</summary>
internal sealed class CatalogueBuilder
{
    private readonly Dictionary<(PackageFormat Format, string Name, string Architecture), Package> _packages = [];
    private readonly Dictionary<(VServerName Name, PackageFormat Format), (int Installed, int Upgradable, bool CanFetch)> _vservers = [];

    public void Add(PackageInfo info)
    {
        var key = (info.Format, info.Name, info.Architecture);
        if (!_packages.TryGetValue(key, out var package))
        {
            package = new Package(info.Summary);
            _packages.Add(key, package);
        }

        package.Add(info);
        var (installed, upgradable, _) = _vservers.GetValueOrDefault((info.VServer, info.Format));
        _vservers[(info.VServer, info.Format)] = (installed + 1, upgradable + (info.Candidate is null ? 0 : 1), info.CanFetch || info.Format is PackageFormat.Dpkg);
    }

    public PackageCatalogue Build(DateTimeOffset readAt) => new(
        [.. _packages.Select(p => p.Value.Build(p.Key.Format, p.Key.Name, p.Key.Architecture)).OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Architecture, StringComparer.Ordinal).ThenBy(p => p.Format)],
        [.. _vservers.Select(v => new PackagedVServer(v.Key.Name, v.Key.Format, v.Value.Installed, v.Value.Upgradable, v.Value.CanFetch)).OrderBy(v => v.Name.Value, StringComparer.Ordinal).ThenBy(v => v.Format)],
        readAt);

    private sealed class Package(string summary)
    {
        private readonly Dictionary<(string Version, string? Candidate), List<VServerName>> _versions = [];

        public void Add(PackageInfo info)
        {
            if (!_versions.TryGetValue((info.Version, info.Candidate), out var vservers))
            {
                vservers = [];
                _versions.Add((info.Version, info.Candidate), vservers);
            }

            vservers.Add(info.VServer);
        }

        // what most have stands first
        public PackageVersions Build(PackageFormat format, string name, string architecture) => new(
            format,
            name,
            architecture,
            summary,
            [.. _versions.Select(v => new PackageVersion(v.Key.Version, v.Key.Candidate, [.. v.Value.OrderBy(n => n.Value, StringComparer.Ordinal)]))
                .OrderByDescending(v => v.VServers.Count).ThenByDescending(v => v.Version, StringComparer.Ordinal)]);
    }
}
