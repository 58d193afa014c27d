using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Renaming;

/// <summary>Renames a vserver. Until the conf file has its new name there is no vserver of that name: nobody can start one that is half renamed.</summary>
/// <remarks>The tree and all else move first, each with its undo; registry and conf file follow after the point of no return. The new entry comes before the conf
/// file moves, since a conf file without one would be given another id and range; the old one goes last, so that its range is never free in between; and a rename that
/// is cut off before leaves none, which a vserver that is made with the new name would take for its own.
/// One that runs goes on: its monitor, container, cgroup, addresses and context number are known by its id (<see cref="HostPaths.HandleOf(VServerName)"/>), and the kernel by its cgroup.
/// Of what it has in /var/run only names change.</remarks>
internal sealed class RenameHandler(Invocation call, VServerName from, VServerName to)
{
    private const int Steps = 3;

    private readonly HostPaths _paths = call.Paths;

    public OperationPlan Plan()
    {
        var findings = new BuildFindings();
        Check(findings);
        return new OperationPlan(
            [.. Moves().Concat(TakeName.Moves(_paths, from, to)).Where(m => Exists(m.From)).Select(m => new PlanStep($"Renaming '{m.From}' to '{m.To}'"))],
            HostPaths.IsById(_paths.HandleOf(from)) ? [$"{from} runs, and goes on: its processes, its connections and open shells stay. So does the host name in it.", .. findings.Warnings] : [.. findings.Warnings],
            findings.Problems,
            BytesNeeded: 0,
            BytesFree: SpaceGuard.FreeAt(_paths.VServers));
    }

    public void Run(Operation operation)
    {
        operation.Step(1, Steps, $"Checking {from} and {to}");
        var findings = new BuildFindings();
        Check(findings);
        findings.ThrowIfRefused();
        foreach (var warning in findings.Warnings)
        {
            operation.Report.Warn(warning);
        }

        operation.VServerId = call.Registry.FindOrAdd(from).Id;

        operation.Step(2, Steps, $"Renaming {from} to {to}");
        foreach (var (source, target) in Moves().Where(m => Exists(m.From)).ToList())
        {
            operation.Undo.Before(new MoveBack(target, source));
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, source, Libc.AT_FDCWD, target, Libc.RENAME_NOREPLACE), "renameat2", target);
            DurableFile.SyncDirectory(Path.GetDirectoryName(target)!);
        }

        operation.Step(3, Steps, "Telling the others");
        operation.Undo.CommitThen(
            new CopyRegistryEntry(from, to),
            new TakeName(from, to),
            new RenameInStates(from, to),
            new RemoveFile(_paths.RegistryOf(from)));
    }

    private void Check(BuildFindings findings)
    {
        if (from == to)
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"It is called {to} already.");
            return;
        }

        var store = new RunStateStore(_paths);
        if (store.Find(from) is { } state && (state.IsAlive || state.IsOwned))
        {
            CheckRunning(findings, store);
        }
        else if (Exists(_paths.RunDirectoryOf(from)) || Exists(_paths.ContextOf(from)))
        {
            // it says which addresses are still on devices for it
            findings.Refuse(ProblemCode.Busy, $"{from} has left something of its last run in '{_paths.Run}'. 'vserver {from} stop' clears it up; then rename it.");
        }

        if (DeleteHandler.MountIn(_paths.TreeOf(from)) is { } mount)
        {
            findings.Refuse(ProblemCode.Busy, $"A file system is mounted at '{mount}', in the tree of {from}. Unmount it ('umount {mount}'); then rename {from}.");
        }

        if (!Directory.Exists(_paths.TreeOf(from)))
        {
            findings.Refuse(ProblemCode.NotFound, $"'{_paths.TreeOf(from)}', its tree, is not there. Bring it back, or remove what is left of it: vserver {from} delete --confirm {from}");
        }

        foreach (var taken in Moves().Select(m => m.To).Concat(Isolation.Monitor.ConsoleLogsOf(_paths, to).Select(l => l.Path)).Concat(TakeName.Moves(_paths, from, to).Select(m => m.To)).Append(_paths.RegistryOf(to)).Where(Exists).Distinct())
        {
            findings.Refuse(ProblemCode.AlreadyExists, $"'{taken}' is there already. Choose another name.");
        }

        if (Exists(_paths.ConfOf(from)) && ConfFile.Read(_paths.ConfOf(from)).Text.Contains(from.Value, StringComparison.Ordinal))
        {
            findings.Warn($"'{_paths.ConfOf(from)}' speaks of '{from}', perhaps as its host name; its text stays as it is. 'vserver {to} config set' changes it.");
        }
    }

    private void CheckRunning(BuildFindings findings, RunStateStore store)
    {
        if (store.FindRunning(from) is not { Stage: RunStage.Running })
        {
            findings.Refuse(ProblemCode.Busy, $"{from} is just being started or stopped. Rename it when that is over.");
        }
        else if (!HostPaths.IsById(_paths.HandleOf(from)))
        {
            findings.Refuse(ProblemCode.AlreadyRunning, $"{from} was started by an earlier version of this command, which gave its name to what cannot be renamed. 'vserver {from} restart', once; from then on it can be renamed while it runs.");
        }
    }

    private IEnumerable<(string From, string To)> Moves()
    {
        yield return (_paths.TreeOf(from), _paths.TreeOf(to));
        yield return (_paths.HookOf(from), _paths.HookOf(to));
        foreach (var (log, suffix) in Isolation.Monitor.ConsoleLogsOf(_paths, from))
        {
            yield return (log, Isolation.Monitor.ConsoleLogOf(_paths, to) + suffix);
        }
    }

    private static bool Exists(string path) => Libc.TryStatx(null, path, out _);
}
