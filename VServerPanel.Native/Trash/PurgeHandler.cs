using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>Removes vservers in the trash for good.</summary>
internal sealed class PurgeHandler(Invocation call, IReadOnlyList<TrashEntry> entries)
{
    private readonly TrashStore _store = new(call.Paths);

    public OperationPlan Plan() => new(
        [.. entries.SelectMany(e => (string[])[_store.TreeOf(e.Id), _store.DirectoryOf(e.Id)]).Select(p => new PlanStep($"Removing '{p}'"))],
        entries.Count == 0 ? ["There is nothing to purge."] : [$"{string.Join(", ", entries.Select(e => e.Name))} cannot be brought back then."],
        [],
        BytesNeeded: 0,
        BytesFree: SpaceGuard.FreeAt(call.Paths.VServers),
        BytesFreed: entries.Sum(Measure));

    public int Run(string verb)
    {
        // one: its own entry in the history of that vserver
        var kind = entries is [var single] ? new OperationKind(verb, single.Name) { VServerId = single.VServerId, IsLocked = false, OnFullDisk = FullDiskRule.AlwaysDo } : new OperationKind(verb, null) { OnFullDisk = FullDiskRule.AlwaysDo };
        return OperationRunner.Run(call, kind, operation =>
        {
            operation.Step(1, 2, "Looking at what is there");
            Hosts.TreesMount.Require(call.Paths);
            var held = new List<FileLock>();
            try
            {
                // restored or purged meanwhile: not ours any more
                var there = entries.Where(e => IsThere(e, held, operation.Cancel)).ToList();
                if (there.Count == 0)
                {
                    throw new ProblemException(ProblemCode.NotFound, "It is not in the trash any more.");
                }

                var freed = there.Sum(Measure);
                operation.Step(2, 2, $"Removing {string.Join(", ", there.Select(e => e.Name))}");
                operation.Undo.CommitThen([.. there.Select(e => new PurgeTrash(e.Id, e.VServerId))]);
                operation.Undo.Complete();
                return Outcome([.. there.Select(e => e.Name)], freed);
            }
            finally
            {
                held.ForEach(l => l.Dispose());
            }
        });
    }

    private static (System.Text.Json.JsonElement?, string?) Outcome(IReadOnlyList<VServerName> purged, long freed) =>
        (WireProtocol.ToElement(new PurgeOutcome(purged, freed)), $"{string.Join(", ", purged)} {(purged.Count == 1 ? "is" : "are")} gone for good. {Configuration.ByteSize.Format(freed)} are free again.");

    private bool IsThere(TrashEntry entry, List<FileLock> held, CancellationToken cancel)
    {
        held.Add(FileLock.Acquire(RestoreHandler.LockOf(call.Paths, entry.Id), TimeSpan.FromSeconds(5), $"{entry.Name} in the trash", cancel));
        return _store.Find(entry.Id) is not null;
    }

    /// <summary>Those whose time is over.</summary>
    public static IReadOnlyList<TrashEntry> Expired(Invocation call) => [.. new TrashStore(call.Paths).List().Where(e => e.PurgeAfter <= call.Time.GetUtcNow())];

    /// <summary>Purges those whose time is over, as part of another command; what fails is told.</summary>
    public static void PurgeExpired(Invocation call)
    {
        foreach (var entry in Expired(call))
        {
            try
            {
                new PurgeHandler(call.Nested(call.Report, "vserver-trash", "purge", entry.Id), [entry]).Run("purge");
            }
            catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
            {
                call.Report.Warn($"{entry.Name} in the trash could not be purged: {ProblemException.ToEvent(e).Message}");
            }
        }
    }

    private long Measure(TrashEntry entry)
    {
        var tree = _store.TreeOf(entry.Id);
        return Directory.Exists(tree) ? TreeMeasure.Measure(tree, call.Cancel).OwnBytes : 0;
    }
}
