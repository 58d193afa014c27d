using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Checks;

/// <summary>Tells what differs between a clean reference and other vservers: their packages, and the files of packages that both have at the same version.</summary>
internal sealed class PackageComparison(Invocation call, VServerName reference, bool comparesPackages, bool comparesFiles)
{
    /// <returns>How many differences there are.</returns>
    public long Run(IEnumerable<VServerName> names)
    {
        call.Registry.Require(reference);
        using var root = StorageCheck.OpenRoot(call.Paths.VServers, reference);
        using var database = Open(reference, root);
        var count = 0L;
        foreach (var name in names.Where(n => n != reference))
        {
            call.Registry.Require(name);
            using var otherRoot = StorageCheck.OpenRoot(call.Paths.VServers, name);
            using var other = Open(name, otherRoot);
            if (other.Format != database.Format)
            {
                throw new ProblemException(ProblemCode.InvalidArgument, $"{name} and {reference} have different package managers: there is nothing to compare.");
            }

            count += comparesPackages ? ComparePackages(name, other, database) : 0;
            count += comparesFiles ? CompareFiles(name, new FileComparison(otherRoot, root), other, database) : 0;
        }

        return count;
    }

    private PackageDatabase Open(VServerName name, SafeFileHandle root)
    {
        var database = PackageDatabases.Open(call, name, root, isLocked: false) ?? throw new ProblemException(ProblemCode.Unsupported, $"{name} has no package database that we know.");
        if (database.Fault is { } fault)
        {
            call.Report.Warn($"{name}: Packages may be missing here. {fault}");
        }

        return database;
    }

    private long ComparePackages(VServerName name, PackageDatabase here, PackageDatabase there)
    {
        var own = here.Packages.GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, Versions, StringComparer.Ordinal);
        var clean = there.Packages.GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, Versions, StringComparer.Ordinal);
        var count = 0L;
        foreach (var key in own.Keys.Union(clean.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (version, wanted) = (own.GetValueOrDefault(key), clean.GetValueOrDefault(key));
            if (!string.Equals(version, wanted, StringComparison.Ordinal))
            {
                Tell(new PackageDifference(name, reference.Value, version is null ? "missing" : wanted is null ? "extra" : "version", key, version, wanted));
                count++;
            }
        }

        return count;

        static string Versions(IEnumerable<InstalledPackage> packages) => string.Join(' ', packages.Select(p => p.Version).Order(StringComparer.Ordinal));
    }

    private long CompareFiles(VServerName name, FileComparison files, PackageDatabase here, PackageDatabase there)
    {
        var own = here.Packages.Select(p => (p.Key, p.Version)).ToHashSet();
        var count = 0L;
        foreach (var package in there.Packages.Where(p => own.Contains((p.Key, p.Version))))
        {
            call.Cancel.ThrowIfCancellationRequested();
            foreach (var file in there.FilesOf(package).Where(f => !f.IsConfiguration))
            {
                if (files.Compare(file.Path) is { } difference)
                {
                    Tell(new PackageDifference(name, reference.Value, difference.Kind, file.Path, difference.Here, difference.There));
                    count++;
                }
            }
        }

        return count;
    }

    private void Tell(PackageDifference difference) => call.Report.Item(
        ItemKinds.PackageDifference,
        difference,
        $"{difference.VServer}\t{difference.Kind}\t{difference.Subject}\t{difference.Here ?? "-"}\t{difference.There ?? "-"}");
}
