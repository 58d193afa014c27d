using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>The vservers that have a package at one version.</summary>
/// <param name="Version">As the package manager writes it.</param>
/// <param name="Candidate">What these vservers could upgrade it to; null where nothing newer is known.</param>
/// <param name="VServers">By name.</param>
public sealed record PackageVersion(string Version, string? Candidate, IReadOnlyList<VServerName> VServers);

/// <summary>A package, with every version of it that is installed anywhere.</summary>
public sealed record PackageVersions(PackageFormat Format, string Name, string Architecture, string Summary, IReadOnlyList<PackageVersion> Versions)
{
    /// <summary>Vservers that have it.</summary>
    public int Installed => Versions.Sum(v => v.VServers.Count);

    /// <summary>Vservers in which it can be upgraded.</summary>
    public int Upgradable => Versions.Where(v => v.Candidate is not null).Sum(v => v.VServers.Count);

    /// <summary>Whether it has not the same version everywhere it is installed.</summary>
    public bool Differs { get; } = Versions.Select(v => v.Version).Distinct(StringComparer.Ordinal).Count() > 1;
}
