using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>What is installed in a root, as the guest's own database says. Whatever it says, nothing outside of the root is looked at, and memory stays bounded.</summary>
internal abstract class PackageDatabase : IDisposable
{
    /// <summary>More than a full Debian archive could install at once; a guest that writes more is not believed.</summary>
    internal const int MostPackages = 100_000;

    public abstract PackageFormat Format { get; }

    /// <summary>All packages, in the order of the database.</summary>
    public abstract IReadOnlyList<InstalledPackage> Packages { get; }

    /// <summary>Why packages may be missing in it, as a sentence; null where it was read whole.</summary>
    public virtual string? Fault => null;

    /// <summary>Sees to it that nothing is missing.</summary>
    /// <exception cref="ProblemException">CommandFailed: there is a <see cref="Fault"/>.</exception>
    public PackageDatabase RequireWhole() => Fault is { } fault ? throw new ProblemException(ProblemCode.CommandFailed, fault) : this;

    /// <summary>The files of one, read as they are asked for; nothing of it is kept. Directories may be among them, and files that are not there.</summary>
    /// <param name="package">One of <see cref="Packages"/>.</param>
    public abstract IEnumerable<PackageFile> FilesOf(InstalledPackage package);

    /// <summary>Those that are its administrator's to change.</summary>
    /// <param name="package">One of <see cref="Packages"/>.</param>
    public virtual IEnumerable<PackageFile> ConfigurationOf(InstalledPackage package) => FilesOf(package).Where(f => f.IsConfiguration);

    public virtual void Dispose()
    {
    }
}
