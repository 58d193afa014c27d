using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>What is to be unified, and how.</summary>
internal sealed record UnificationRequest
{
    /// <summary>The vservers, the reference first.</summary>
    public required IReadOnlyList<VServerName> VServers { get; init; }

    public UnificationScope Scope { get; init; } = UnificationScope.Content;

    /// <summary>By package: which; empty for all.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    public Exclusions Exclusions { get; init; } = Exclusions.Default;

    /// <summary>Of an undo: the directories whose files go on sharing.</summary>
    public Exclusions KeptShared { get; init; } = Exclusions.None;

    /// <summary>Of an undo: whether it is of everything that the vservers share.</summary>
    public bool IsOfAll => Scope == UnificationScope.Content && KeptShared.Excluded.Count == 0;

    /// <summary>The method that was asked for.</summary>
    public SharingMethod? Method { get; init; }

    /// <summary>Package, version and attributes of the reference's files are trusted; nothing is read.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Inodes are not marked: only reflinks are safe then.</summary>
    public bool IsWithoutFlags { get; init; }

    /// <summary>Look at what protects the changed files, or at their blocks, once more.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Whether every single file is told of.</summary>
    public bool IsEachFileTold { get; init; }

    /// <summary>Threads that work on files.</summary>
    public int Threads { get; init; } = ParallelWork.DefaultWalkers;

    /// <summary>How much is under way at once.</summary>
    public PipelineLimits Limits { get; init; } = new();

    /// <summary>For tests of the method on a kernel that does not protect: no command line can ask for it.</summary>
    public bool IsProtectionTested { get; init; }

    /// <summary>How files are shared for it.</summary>
    public SharingChoice Choose(HostPaths paths) => IsProtectionTested
        ? new SharingChoice(SharingMethod.HardLink, "Hard links.")
        : SharingMethods.ChooseFor(paths, paths.VServers, Method, IsWithoutFlags);

    /// <summary>What it takes on trust, as a sentence; null where it compares. Of blocks the kernel compares whatever it is given.</summary>
    public string? Trust(SharingMethod? method) => IsQuick && method != SharingMethod.Reflink
        ? "--quick reads nothing: it trusts that files of the same package version with equal size, time, mode, owner and attributes have the reference's content."
        : null;

    /// <summary>Why it cannot be run; nothing where it can.</summary>
    public IEnumerable<ProblemException> Faults(Invocation call, SharingChoice choice, bool isSeparating = false)
    {
        if (VServers.Count < 2 && !isSeparating)
        {
            yield return new ProblemException(ProblemCode.InvalidArgument, "Name at least two vservers: the reference, and one that is to share files with it.");
        }

        foreach (var name in VServers.Where(v => !call.Registry.Exists(v) || !Directory.Exists(call.Paths.TreeOf(v))))
        {
            yield return call.Registry.Exists(name)
                ? new ProblemException(ProblemCode.NotFound, $"{name} has no tree: '{call.Paths.TreeOf(name)}' is not there.")
                : ProblemException.NoSuchVServer(name);
        }

        if (IsQuick && Scope != UnificationScope.Package)
        {
            yield return new ProblemException(ProblemCode.InvalidArgument, "--quick trusts package versions, so it goes by package: add '-- ALL' or '-- PKG…'.");
        }

        if (choice.Method is null && !isSeparating)
        {
            yield return new ProblemException(ProblemCode.Unsupported, choice.Reason);
        }

        foreach (var name in OnOtherMounts(call.Paths))
        {
            yield return new ProblemException(ProblemCode.Unsupported, $"'{call.Paths.TreeOf(name)}' is on another file system than '{call.Paths.VServers}': files cannot be shared across.");
        }

        var runs = new Lifecycle.RunStateStore(call.Paths);
        foreach (var name in Thawed(call, choice).Where(v => runs.FindRunning(v) is not null))
        {
            yield return new ProblemException(ProblemCode.AlreadyRunning, $"{name} is running, and shares immutable files or is to share them. They are thawed for a moment while their links are made or removed, and nothing would protect them from it then. 'vserver {name} stop' first.");
        }
    }

    /// <summary>Those that could change an immutable file which is thawed: all that share such files, wherever, as soon as one of the members does.</summary>
    public IReadOnlyList<VServerName> Thawed(Invocation call, SharingChoice? choice = null)
    {
        var sharing = SharingImmutable(call);
        return (choice?.Method ?? Method) == SharingMethod.Immutable ? [.. VServers.Union(sharing)]
            : VServers.Any(sharing.Contains) ? sharing
            : [];
    }

    /// <summary>All that were unified with immutable files.</summary>
    public static IReadOnlyList<VServerName> SharingImmutable(Invocation call) =>
        [.. call.Registry.Names().Where(v => UnificationState.Find(call.Paths, call.Registry, v)?.Method == SharingMethod.Immutable)];

    /// <summary>Writes down what is to be done if it is cut off: what lies in staging goes, and what was thawed is frozen again.</summary>
    public void PrepareUndo(Operation operation, SharingMethod? method = null)
    {
        operation.Undo.Before(new ClearStaging());
        if (Thawed(operation.Call, new SharingChoice(method, "")) is { Count: > 0 } thawed)
        {
            operation.Undo.Before(new FreezeShared([.. thawed.Select(operation.Paths.TreeOf)]));
        }
    }

    private IEnumerable<VServerName> OnOtherMounts(HostPaths paths)
    {
        var mount = Libc.TryStatx(null, paths.VServers, out var all, flags: 0) ? all.MountId : 0;
        return VServers.Where(v => Libc.TryStatx(null, paths.TreeOf(v), out var tree, flags: 0) && tree.MountId != mount);
    }
}
