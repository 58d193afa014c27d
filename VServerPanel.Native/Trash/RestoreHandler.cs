using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>Brings a vserver back from the trash, stopped, under its name or another one.</summary>
internal sealed class RestoreHandler(Invocation call, TrashEntry entry, VServerName name)
{
    private const int Steps = 3;

    private readonly Hosts.HostPaths _paths = call.Paths;
    private readonly TrashStore _store = new(call.Paths);

    public OperationPlan Plan()
    {
        var findings = Check();
        return new OperationPlan(
            [
                .. TrashFiles.WayBack(_paths, name, _store.DirectoryOf(entry.Id), _store.TreeOf(entry.Id)).Where(m => Libc.TryStatx(null, m.From, out _)).Select(m => new PlanStep($"Moving '{m.From}' to '{m.To}'")),
                new PlanStep($"Writing '{_paths.RegistryOf(name)}': it keeps its id and id range"),
            ],
            findings.Warnings,
            findings.Problems,
            BytesNeeded: 0,
            BytesFree: SpaceGuard.FreeAt(_paths.VServers));
    }

    public RestoreOutcome Run(Operation operation)
    {
        operation.Step(1, Steps, "Checking what is there");

        // nobody purges or restores the same one meanwhile
        using var held = FileLock.Acquire(LockOf(_paths, entry.Id), TimeSpan.FromSeconds(5), $"{entry.Name} in the trash", operation.Cancel);
        if (_store.Find(entry.Id) is null)
        {
            throw new ProblemException(ProblemCode.NotFound, $"{entry.Name} is not in the trash any more.");
        }

        var findings = Check();
        findings.ThrowIfRefused();
        foreach (var warning in findings.Warnings)
        {
            operation.Report.Warn(warning);
        }

        operation.Step(2, Steps, "Taking it out of the trash");
        var gone = _store.GoneDirectoryOf(entry.Id);
        var leaving = new MoveAllBack([new MoveBack(_store.DirectoryOf(entry.Id), gone)]);
        operation.Undo.Before(leaving);
        leaving.Do();

        operation.Step(3, Steps, "Putting it in place");
        PutInPlace(operation, gone);
        operation.After = ReadConf(_paths.ConfOf(name))?.Text;
        return new RestoreOutcome(name, findings.Warnings);
    }

    private void PutInPlace(Operation operation, string gone)
    {
        using var gate = FileLock.Acquire($"{_paths.Locks}/.addresses", TimeSpan.FromSeconds(60), "the addresses", operation.Cancel);

        // its range is told by the trash until the whole operation is over: it is never free in between
        if (ReadRegistry(gone) is { } known)
        {
            operation.Undo.Before(new RemoveFile(_paths.RegistryOf(name)));
            call.Registry.Save(known with { Name = name });
        }

        var moves = new MoveAllBack(TrashFiles.WayBack(_paths, name, gone, _store.TreeOf(entry.Id)));
        operation.Undo.Before(moves);
        moves.Do();
        operation.Undo.CommitThen(new RemoveTree(gone));
    }

    public static string LockOf(Hosts.HostPaths paths, string id) => $"{paths.Locks}/.trash-{id}";

    private BuildFindings Check()
    {
        var findings = new BuildFindings();
        if (Hosts.TreesMount.Problem(_paths) is { } missing)
        {
            findings.Refuse(missing);
        }

        if (NamePlace.Taken(_paths, name) is var (path, what))
        {
            findings.Refuse(ProblemCode.AlreadyExists, $"There is a vserver {name} by now: its {what} is '{path}'. Restore under another name: vserver-trash restore {entry.Id} --name NEW");
        }

        RefuseSecond(findings);
        var conf = ReadConf($"{_store.DirectoryOf(entry.Id)}/{TrashFiles.Conf}");
        if (conf is null)
        {
            findings.Warn("It had no conf file when it was deleted: only its tree comes back, and 'vserver-stat' does not list it.");
            return findings;
        }

        foreach (var clash in TrashClashes.Of(_paths, call.Registry, conf))
        {
            findings.Warn($"{clash} They cannot both run: give one of them another address.");
        }

        if (VServerConf.From(conf).Conf.OnBoot)
        {
            findings.Warn($"{name} has ONBOOT=yes: it comes back stopped, and starts when this host boots.");
        }

        return findings;
    }

    /// <summary>There is one vserver of an id, here or on another host.</summary>
    private void RefuseSecond(BuildFindings findings)
    {
        if (entry.VServerId is not { } id)
        {
            return;
        }

        if (call.Registry.NameOf(id) is { } here)
        {
            findings.Refuse(ProblemCode.AlreadyExists, $"The same vserver is here already, as {here}. Delete that one first, or purge this one: vserver-trash purge {entry.Id}");
        }
        else if (Whereabouts.HeardOf(new IncomingStore(_paths).List(), id, entry.DeletedAt) is { } incoming)
        {
            findings.Refuse(ProblemCode.Conflict, $"{incoming.Peer} has had {entry.Name} since it was deleted here, and there would be two of it. Take what you need out of '{_store.TreeOf(entry.Id)}', and purge it: vserver-trash purge {entry.Id}");
        }
    }

    private static ConfFile? ReadConf(string path) => Libc.TryStatx(null, path, out _) ? ConfFile.Read(path) : null;

    private static RegistryEntry? ReadRegistry(string directory)
    {
        var path = $"{directory}/{TrashFiles.Registry}";
        return File.Exists(path) ? System.Text.Json.JsonSerializer.Deserialize(File.ReadAllBytes(path), RegistryJson.Default.RegistryEntry) : null;
    }
}
