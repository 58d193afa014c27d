using VServerPanel.Native.Commands;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Checks;

/// <summary>Tells the packages of vservers. One that cannot be read keeps no other from it.</summary>
internal sealed class PackageList(Invocation call)
{
    /// <returns>How many vservers could not be read.</returns>
    public int Tell(IEnumerable<VServerName> names)
    {
        var failed = 0;
        foreach (var name in names)
        {
            call.Cancel.ThrowIfCancellationRequested();
            try
            {
                call.Registry.Require(name);
                Tell(name);
            }
            catch (Exception e) when (e is ProblemException or IOException)
            {
                failed++;
                call.Report.Warn($"{name}: {ProblemException.ToEvent(e).Message}");
            }
        }

        return failed;
    }

    private void Tell(VServerName name)
    {
        using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
        var updates = new DnfUpdates(call, name, root);
        using var database = PackageDatabases.Open(call, name, root, isLocked: false, updates);
        if (database is null)
        {
            call.Report.Info($"{name} has no package database that we know.");
            return;
        }

        if (database.Fault is { } fault)
        {
            call.Report.Warn($"{name}: Packages may be missing here. {fault}");
        }

        if (updates.Fault is { } unknown)
        {
            call.Report.Warn($"{name}: It is not known what could be upgraded here. {unknown}");
        }

        var isRpm = database.Format == PackageFormat.Rpm;
        Func<InstalledPackage, string?> candidateOf = isRpm ? updates.CandidateOf : AptLists.Read(root, database.Packages, text => call.Report.Warn($"{name}: {text}")).CandidateOf;
        var canFetch = !isRpm || updates.CanFetch;

        // rpm keeps several versions of a kernel: the one that was installed last is upgraded
        var latest = isRpm ? database.Packages.GroupBy(p => p.Key, StringComparer.Ordinal).Select(g => g.Last()).ToHashSet(ReferenceEqualityComparer.Instance) : null;
        foreach (var package in database.Packages)
        {
            var candidate = latest?.Contains(package) == false ? null : candidateOf(package);
            call.Report.Item(
                ItemKinds.Package,
                new PackageInfo(name, package.Format, package.Name, package.Version, package.Architecture, package.Summary, candidate, canFetch),
                $"{name}\t{package.Name}\t{package.Version}\t{package.Architecture}{(candidate is null ? "" : $"\t→ {candidate}")}");
        }
    }
}
