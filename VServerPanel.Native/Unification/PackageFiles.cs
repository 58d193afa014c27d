using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>To which package a file of a tree belongs, and which are configuration: from the guests' own databases, which are believed only as to which files are compared.</summary>
internal sealed class PackageFiles
{
    private const int Configuration = -1;

    private readonly Invocation _call;
    private readonly bool _isLocked;
    private readonly Dictionary<ulong, int>?[] _trees;
    private readonly string?[] _faults;

    // they have a fault, and no package either
    private readonly List<VServerName> _without;
    private readonly Dictionary<string, int> _packages = [];

    /// <param name="call">Who asks: a guest whose packages are rpm's is asked itself, as an operation of its own.</param>
    /// <param name="isLocked">Whether the caller holds the locks of the vservers.</param>
    /// <param name="scan">The trees.</param>
    /// <param name="names">Their vservers.</param>
    /// <param name="wanted">Names of packages; empty: all; null: not by package, and only configuration is of interest.</param>
    /// <exception cref="ProblemException">NotFound: a package is nowhere installed.</exception>
    public PackageFiles(Invocation call, bool isLocked, TreeScan scan, IReadOnlyList<VServerName> names, IReadOnlyList<string>? wanted)
    {
        (_call, _isLocked) = (call, isLocked);
        IsByPackage = wanted is not null;
        _trees = new Dictionary<ulong, int>?[scan.Trees.Count];
        _faults = new string?[scan.Trees.Count];
        var met = new HashSet<string>();
        var next = -1;
        ParallelWork.Run(Math.Min(scan.Trees.Count, Environment.ProcessorCount), (_, stop) =>
        {
            for (int tree; !stop() && (tree = Interlocked.Increment(ref next)) < scan.Trees.Count;)
            {
                _trees[tree] = TryRead(scan, tree, names[tree], wanted, met);
            }
        });
        Faults = [.. _faults.OfType<string>()];
        Unread = [.. names.Where((_, tree) => _faults[tree] is not null)];
        _without = [.. names.Where((_, tree) => _faults[tree] is not null && _trees[tree] is not null)];
        if (wanted?.Where(w => !met.Contains(w)).ToList() is { Count: > 0 } missing)
        {
            throw new ProblemException(ProblemCode.NotFound, $"None of these vservers has {string.Join(", ", missing)} installed.{string.Concat(Faults.Select(f => " " + f))}");
        }
    }

    /// <exception cref="ProblemException">Unsupported: by package, and fewer than two have a database that we know.</exception>
    public PackageFiles RequireSharers() => _without.Count == 0 || _trees.Length - _without.Count >= 2
        ? this
        : throw new ProblemException(ProblemCode.Unsupported, $"There is nobody to share files with by package: {string.Join(", ", _without)} {(_without.Count == 1 ? "has" : "have")} no package database that we know. Unify by content: leave out '-- …'.");

    public bool IsByPackage { get; }

    /// <summary>Of each vserver whose packages could not be read, or that has none by which to share, a sentence that says why. None of its files may be shared.</summary>
    public IReadOnlyList<string> Faults { get; }

    /// <summary>These vservers.</summary>
    public IReadOnlyList<VServerName> Unread { get; }

    /// <summary>Whether a file may be shared as far as its package says.</summary>
    /// <param name="package">A number that is the same for the same version in every tree.</param>
    public SkipReason Find(int tree, ulong path, out int package)
    {
        package = 0;
        return _trees[tree] is not { } files ? SkipReason.PackagesUnread
            : files.TryGetValue(path, out package) ? package == Configuration ? SkipReason.Configuration : SkipReason.None
            : IsByPackage ? SkipReason.NotInPackage
            : SkipReason.None;
    }

    /// <summary>One guest that is broken, or answers what it likes, keeps no other from it.</summary>
    private Dictionary<ulong, int>? TryRead(TreeScan scan, int tree, VServerName name, IReadOnlyList<string>? wanted, HashSet<string> met)
    {
        try
        {
            using var database = PackageDatabases.Open(_call, name, scan.Roots[tree], _isLocked);
            if (database is not null)
            {
                return Read(database.RequireWhole(), wanted, met);
            }
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            _call.Cancel.ThrowIfCancellationRequested();
            _faults[tree] = $"The packages of {name} could not be read, so that nothing tells its configuration files: none of its files is shared this time. {ProblemException.ToEvent(e).Message}";
            return null;
        }

        if (IsByPackage)
        {
            _faults[tree] = $"{name} has no package database that we know: none of its files is shared by package. By content they are: leave out '-- …'.";
        }

        return [];
    }

    private Dictionary<ulong, int> Read(PackageDatabase database, IReadOnlyList<string>? wanted, HashSet<string> met)
    {
        var files = new Dictionary<ulong, int>();
        var path = new byte[3 * 4096];

        // by content, also what is half unpacked has configuration files
        foreach (var package in database.Packages.Where(p => p.IsComplete || !IsByPackage))
        {
            var isWanted = wanted is { Count: 0 };
            if (wanted is { Count: > 0 } && wanted.Contains(package.Name))
            {
                isWanted = true;
                lock (met)
                {
                    met.Add(package.Name);
                }
            }

            if (!isWanted && IsByPackage)
            {
                continue;
            }

            var number = NumberOf(package);
            foreach (var file in IsByPackage ? database.FilesOf(package) : database.ConfigurationOf(package))
            {
                if (file.Path.Length < 4096)
                {
                    files[PathHash.Of(path.AsSpan(0, PathMarshaller.Encode(file.Path, path)))] = file.IsConfiguration ? Configuration : number;
                }
            }
        }

        return files;
    }

    private int NumberOf(InstalledPackage package)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{package.Format}\n{package.Name}\n{package.Version}\n{package.Architecture}");
        lock (_packages)
        {
            if (!_packages.TryGetValue(key, out var number))
            {
                _packages[key] = number = _packages.Count + 1;
            }

            return number;
        }
    }
}
