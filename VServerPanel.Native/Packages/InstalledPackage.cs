using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>A package as a guest's own database has it: text that the guest can have written itself.</summary>
/// <param name="Format">Of which package manager.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">As the package manager writes it (rpm: [epoch:]version-release).</param>
/// <param name="Architecture">amd64, x86_64, all, noarch …</param>
/// <param name="Summary">One line of what it is.</param>
internal sealed record InstalledPackage(PackageFormat Format, string Name, string Version, string Architecture, string Summary)
{
    /// <summary>Tells it from others in the same root: a package may be installed for two architectures, and rpm's kernels in several versions.</summary>
    public string Key => $"{Name}:{Architecture}";

    /// <summary>Whether its installation was completed; the files of one that was not may be of two versions.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>Where its files stand in the database that it came from; of no meaning to others.</summary>
    internal long Position { get; init; }
}

/// <summary>A file of a package.</summary>
/// <param name="Path">As it lies in the tree, without leading slash: <c>usr/bin/ls</c>, also where the package says /bin/ls and /bin is a symlink.</param>
/// <param name="IsConfiguration">Whether the package manager treats it as the administrator's.</param>
internal readonly record struct PackageFile(string Path, bool IsConfiguration);
