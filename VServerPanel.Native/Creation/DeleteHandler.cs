using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Deletes a vserver: with one rename it is gone, the rest is clearing up.</summary>
internal sealed class DeleteHandler(Invocation call, VServerName name)
{
    private const int Steps = 3;

    private readonly Hosts.HostPaths _paths = call.Paths;

    public OperationPlan Plan()
    {
        var findings = new BuildFindings();
        Check(findings);
        return new OperationPlan(
            [.. Files().Prepend(_paths.TreeOf(name)).Where(Exists).Select(p => new PlanStep($"Removing '{p}'"))],
            ["What is deleted cannot be brought back."],
            findings.Problems,
            BytesNeeded: 0,
            BytesFree: SpaceGuard.FreeAt(_paths.VServers));
    }

    /// <returns>Bytes that are free again.</returns>
    public long Run(Operation operation)
    {
        operation.Step(1, Steps, $"Checking {name}");
        var findings = new BuildFindings();
        Check(findings);
        findings.ThrowIfRefused();
        operation.VServerId = call.Registry.IdOf(name);
        operation.Before = Exists(_paths.ConfOf(name)) ? ConfFile.Read(_paths.ConfOf(name)).Text : null;
        var size = Directory.Exists(_paths.TreeOf(name)) ? TreeMeasure.Measure(_paths.TreeOf(name), operation.Cancel).OwnBytes : 0;

        operation.Step(2, Steps, "Taking it out of its place");
        var trash = $"{_paths.VServers}/.trash-{name}-{operation.Id}";
        if (Exists(_paths.TreeOf(name)))
        {
            operation.Undo.Before(new MoveBack(trash, _paths.TreeOf(name)));
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, _paths.TreeOf(name), Libc.AT_FDCWD, trash, Libc.RENAME_NOREPLACE), "renameat2", _paths.TreeOf(name));
            DurableFile.SyncDirectory(_paths.VServers);
        }

        operation.Step(3, Steps, "Removing its files");

        // the conf file first: without it, nothing takes it for a vserver any more. The registry last: its id range is free when no file is left
        operation.Undo.CommitThen(new RemoveAll([.. Files(), trash, _paths.RegistryOf(name)]));
        return size;
    }

    private void Check(BuildFindings findings)
    {
        if (!Exists(_paths.ConfOf(name)) && !Exists(_paths.TreeOf(name)) && !Exists(_paths.RegistryOf(name)))
        {
            findings.Refuse(ProblemException.NoSuchVServer(name));
        }

        if (new RunStateStore(_paths).Find(name) is { } state && (state.IsAlive || state.IsOwned))
        {
            findings.Refuse(ProblemCode.AlreadyRunning, $"{name} is running. 'vserver {name} stop' stops it; then delete it.");
        }

        if (MountIn(_paths.TreeOf(name)) is { } mount)
        {
            findings.Refuse(ProblemCode.Busy, $"A file system is mounted at '{mount}', in the tree of {name}. Unmount it ('umount {mount}'); then delete {name}.");
        }
    }

    /// <summary>Where a file system is mounted in a tree; null where none is.</summary>
    internal static string? MountIn(string tree)
    {
        if (!Libc.TryStatx(null, tree, out var stat) || (stat.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            return null;
        }

        // mountinfo has the paths without symlinks
        using var fd = Libc.open(tree, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var real = new FileInfo($"/proc/self/fd/{(int)fd.DangerousGetHandle()}").LinkTarget ?? tree;
        return Hosts.MountTable.Read().FirstOrDefault(m => m.MountPoint == real || m.MountPoint.StartsWith(real + "/", StringComparison.Ordinal))?.MountPoint;
    }

    private IEnumerable<string> Files() =>
        [_paths.ConfOf(name), _paths.HookOf(name), _paths.ContextOf(name), _paths.RunDirectoryOf(name), .. LogsOf(_paths, name)];

    /// <summary>The console logs there are of a vserver.</summary>
    /// <remarks>conmon writes a new one as FILE.tmp, and renames; later ones keep FILE.1, FILE.2 … (ctr_logging.c, reopen_k8s_file).</remarks>
    internal static IEnumerable<string> LogsOf(Hosts.HostPaths paths, VServerName name)
    {
        var log = Isolation.Monitor.ConsoleLogOf(paths, name);
        return Directory.Exists(paths.Log)
            ? Directory.EnumerateFiles(paths.Log).Where(f => f == log || (f.StartsWith(log + ".", StringComparison.Ordinal) && f[(log.Length + 1)..] is var rest && (rest == "tmp" || rest.All(char.IsAsciiDigit))))
            : [];
    }

    private static bool Exists(string path) => Libc.TryStatx(null, path, out _);
}
