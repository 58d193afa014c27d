using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages.Dpkg;
using VServerPanel.Native.Packages.Rpm;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Checks;

/// <summary>Tells the packages of vservers, those of one together, in the order in which they are known. One that cannot be read, or that answers late, keeps no other from it.</summary>
internal sealed class PackageList(Invocation call)
{
    // guests that are asked wait for themselves more than for a processor
    private static readonly int s_mostAtOnce = Math.Max(4, Environment.ProcessorCount);

    private readonly Lock _gate = new();

    /// <returns>How many vservers could not be read.</returns>
    public int Tell(IEnumerable<VServerName> names)
    {
        List<VServerName> all = [.. names];
        var (next, failed) = (-1, 0);
        ParallelWork.Run(
            Math.Min(all.Count, s_mostAtOnce),
            (_, stop) =>
            {
                for (int i; !stop() && (i = Interlocked.Increment(ref next)) < all.Count;)
                {
                    if (!TryTell(all[i]))
                    {
                        Interlocked.Increment(ref failed);
                    }
                }
            },
            call.Cancel.ThrowIfCancellationRequested);
        return failed;
    }

    private bool TryTell(VServerName name)
    {
        var held = new HeldReporter();
        var isRead = false;
        try
        {
            call.Registry.Require(name);
            Tell(name, held);
            isRead = true;
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            call.Cancel.ThrowIfCancellationRequested();
            held.Warn($"{name}: {ProblemException.ToEvent(e).Message}");
            lock (_gate)
            {
                held.ReleaseTo(call.Report);
            }
        }

        return isRead;
    }

    private void Tell(VServerName name, HeldReporter held)
    {
        using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
        var asking = call with { Report = held };
        var updates = new DnfUpdates(asking, name, root);
        using var database = PackageDatabases.Open(asking, name, root, isLocked: false, updates);

        // what is asked is asked by now: packages are as many as a guest likes, and are not held
        lock (_gate)
        {
            held.ReleaseTo(call.Report);
            Tell(name, root, database, updates);
        }
    }

    private void Tell(VServerName name, SafeFileHandle root, PackageDatabase? database, DnfUpdates updates)
    {
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
