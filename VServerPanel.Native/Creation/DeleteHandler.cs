using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Trash;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Deletes a vserver: by renames it is in the trash; for good, with one rename it is gone and the rest is clearing up.</summary>
internal sealed class DeleteHandler(Invocation call, VServerName name, TrashTerm term)
{
    private const int Steps = 3;

    private readonly Hosts.HostPaths _paths = call.Paths;
    private readonly TrashStore _trash = new(call.Paths);

    public OperationPlan Plan()
    {
        var findings = new BuildFindings();
        Check(findings);
        var size = Libc.TryStatx(null, _paths.TreeOf(name), out var tree) && (tree.Mode & Libc.S_IFMT) == Libc.S_IFDIR ? TreeMeasure.Measure(_paths.TreeOf(name), call.Cancel).OwnBytes : 0;
        var until = call.Time.GetUtcNow().AddDays(term.Days ?? 0);
        return new OperationPlan(
            term.Days is null
                ? [.. ForGood().Prepend(_paths.TreeOf(name)).Where(Exists).Select(p => new PlanStep($"Removing '{p}'"))]
                : [.. TrashFiles.Of(_paths, name, $"{_paths.Trash}/ID", $"{_paths.TrashTrees}/ID").Where(m => Exists(m.From)).Select(m => new PlanStep($"Moving '{m.From}' to '{m.To}'"))],
            term.Days is null
                ? ["What is deleted cannot be brought back.", $"It frees {ByteSize.Format(size)}."]
                : [string.Create(CultureInfo.InvariantCulture, $"It frees nothing now. Until {until:yyyy-MM-dd HH:mm} UTC it can be restored; then it is purged, and {ByteSize.Format(size)} are free. 'vserver-trash purge' does that earlier.")],
            findings.Problems,
            BytesNeeded: 0,
            BytesFree: SpaceGuard.FreeAt(_paths.VServers),
            BytesFreed: size);
    }

    public DeleteOutcome Run(Operation operation)
    {
        operation.Step(1, Steps, $"Checking {name}");
        var findings = new BuildFindings();
        Check(findings);
        findings.ThrowIfRefused();
        operation.VServerId = call.Registry.IdOf(name);
        Isolation.ConsoleFiles.Settle(_paths, name);
        operation.Before = Exists(_paths.ConfOf(name)) ? ConfFile.Read(_paths.ConfOf(name)).Text : null;
        return term.Days is { } days ? ToTrash(operation, days) : RemoveForGood(operation);
    }

    private DeleteOutcome ToTrash(Operation operation, int days)
    {
        operation.Step(2, Steps, "Making its place in the trash");
        var now = call.Time.GetUtcNow();
        var known = call.Registry.Find(name);
        var entry = new TrashEntry
        {
            Id = operation.Id,
            Name = name,
            VServerId = known?.Id,
            IdBase = known?.IdBase,
            DeletedAt = now,
            PurgeAfter = now.AddDays(days),
            DeletedBy = call.Actor,
        };
        var directory = _trash.NewDirectoryOf(entry.Id);
        operation.Undo.Before(new RemoveTree(directory));
        DurableFile.MakePrivateDirectory(_paths.Trash);
        DurableFile.MakePrivateDirectory(_paths.TrashTrees);
        DurableFile.MakePrivateDirectory(directory);
        TrashStore.Save(entry, directory);

        operation.Step(3, Steps, "Moving it there");
        var moves = new MoveAllBack(TrashFiles.Of(_paths, name, directory, _trash.TreeOf(entry.Id)), IntoTrash: true);
        operation.Undo.Before(moves);
        using (call.Registry.Lock())
        {
            moves.Do();
        }

        var arrival = new MoveAllBack([new MoveBack(directory, _trash.DirectoryOf(entry.Id))]);
        operation.Undo.Before(arrival);
        arrival.Do();
        operation.Undo.CommitThen(new RemoveAll([_paths.ContextOf(name), _paths.DirectoryOf(_paths.HandleOf(name)), _paths.RunDirectoryOf(name)]));
        return new DeleteOutcome(0, entry.Id, entry.PurgeAfter);
    }

    private DeleteOutcome RemoveForGood(Operation operation)
    {
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
        operation.Undo.CommitThen(new RemoveAll([.. ForGood(), trash, _paths.RegistryOf(name)]));
        return new DeleteOutcome(size);
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

        if (Hosts.TreesMount.Problem(_paths) is { } missing)
        {
            findings.Refuse(missing);
        }

        if (term.Days is not null)
        {
            try
            {
                call.Registry.Find(name);
            }
            catch (ProblemException e)
            {
                findings.Refuse(e.Code, $"{e.Message} Nothing else can keep that range for it in the trash. If {name} is not needed any more: vserver {name} delete --confirm {name} --now");
            }
        }
    }

    /// <summary>Where a file system is mounted in a tree; null where none is.</summary>
    internal static string? MountIn(string tree) => Hosts.MountTable.In(tree).FirstOrDefault();

    private IEnumerable<string> ForGood() =>
        [_paths.ConfOf(name), _paths.HookOf(name), _paths.ContextOf(name), .. new[] { _paths.DirectoryOf(_paths.HandleOf(name)), _paths.RunDirectoryOf(name) }.Distinct(), .. Isolation.Monitor.ConsoleLogsOf(_paths, name).Select(l => l.Path)];

    private static bool Exists(string path) => Libc.TryStatx(null, path, out _);
}
