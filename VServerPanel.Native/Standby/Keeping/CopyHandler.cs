using System.Diagnostics;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Keeping;

/// <summary>One pass: the copy at the target becomes what the vserver is now. What is there stays whole and promotable until the new one has arrived.</summary>
/// <param name="call">Who asked.</param>
/// <param name="standby">Which.</param>
/// <param name="name">What the vserver is called here now.</param>
/// <param name="bytesPerSecond">The limit of this pass; null: the usual one.</param>
internal sealed class CopyHandler(Invocation call, KeptStandby standby, VServerName name, long? bytesPerSecond)
{
    private const int Steps = 3;

    // what a running vserver has changed while it was read is read again
    private const int MostPasses = 3;

    private readonly KeptStandbyStore _store = new(call.Paths);
    private readonly MoveTarget _target = new(call, standby.Peer);
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private KeptStandby _standby = standby;

    /// <exception cref="ProblemException">Why it failed; the record has it, too.</exception>
    public StandbyOutcome Run(Operation operation)
    {
        var moves = new OutgoingStore(call.Paths);
        using var alone = moves.Lock(name, operation.Cancel);
        var asOf = call.Time.GetUtcNow();
        _standby = _store.Change(_standby.Id, s => s with { VServer = name, LastTriedAt = asOf, JobId = operation.Id });
        operation.VServerId = _standby.VServerId;
        try
        {
            if (moves.List(damaged => operation.Report.Warn(damaged.Message)).FirstOrDefault(m => m.VServerId == _standby.VServerId && m.State is OutgoingState.Copying or OutgoingState.HandedOver) is { } move)
            {
                throw new ProblemException(ProblemCode.Conflict, $"A move of {name} to {move.Peer} has not ended: 'vserver-moves list'. It is copied again after that.");
            }

            return Copy(operation, asOf);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _store.Change(_standby.Id, s => s with { Problem = ProblemException.ToEvent(e) });
            throw;
        }
    }

    private StandbyOutcome Copy(Operation operation, DateTimeOffset asOf)
    {
        operation.Step(1, Steps, $"Asking {_standby.Peer}");
        using (Lock(operation))
        {
            RequireSame();
        }

        var tree = call.Paths.TreeOf(name);
        var size = TreeMeasure.MeasureForCopy(tree, operation.Cancel);
        if (size.Entries == 0 && _standby.CompleteAsOf is not null)
        {
            throw new ProblemException(ProblemCode.NotFound, $"'{tree}' is empty, and the copy is not. If its file system is not mounted, mount it; if it is to be empty: 'vserver {name} standby stop', and begin anew.");
        }

        var conf = ConfToSend.Read(call.Paths, name);
        if (conf.LeftOut.Count > 0)
        {
            operation.Report.Warn($"The copy does not have what {name} sees of this host: {string.Join(", ", conf.LeftOut)}.");
        }

        var request = _standby.ToRequest(name, size.Bytes) with { Conf = conf.Bytes };
        using var connection = PeerConnection.Open(call.Paths, _standby.Peer);
        var begun = _target.Ask("standby-begin", request, operation.Cancel);
        if (begun.PromotedAt is { } promoted)
        {
            throw PromotionCheck.Accept(call, _standby, name, promoted, operation.Report);
        }

        operation.Step(2, Steps, $"Copying {name} to {_standby.Peer}");
        var since = TreeChanges.Begin(tree, operation.Report.Warn);

        // what lies there may not be what sizes and times say: it is older than we know, or what has changed since is not known
        var isKnown = begun.IsNew == true || (begun.IsNew == false && _standby.CopiedSince is not null && begun.CompleteAsOf == _standby.CompleteAsOf);
        var changes = begun.IsNew == true ? new TreeChanges(0, 0) : TreeChanges.Since(tree, isKnown ? _standby.CopiedSince : null, operation.Cancel);
        _standby = _store.Change(_standby.Id, s => s with { CopiedSince = s.CopiedSince ?? since });
        var totals = CopyTree(operation, tree, _standby.CompleteAsOf is null ? size.Bytes : null, begun.IsNew == true, changes);
        operation.Step(3, Steps, "Putting the copy in its place");
        IncomingAnswer answer;
        using (Lock(operation))
        {
            // of a tree that was taken away meanwhile, rsync has copied what was left
            var entry = RequireSame();
            request = request with { Conf = ConfToSend.Read(call.Paths, name).Bytes, AsOf = asOf, CreatedAt = entry.CreatedAt };
            answer = _target.Ask("standby-complete", request, operation.Cancel);
        }

        if (answer.CompleteAsOf != asOf)
        {
            throw new ProblemException(ProblemCode.Terminated, $"{_standby.Peer} does not say that the copy is whole.");
        }

        _store.Change(_standby.Id, s => s with { CompleteAsOf = asOf, CopiedSince = since ?? s.CopiedSince, Bytes = size.Bytes, Problem = null });
        return new StandbyOutcome(_standby.Peer, asOf, totals.Bytes, totals.Entries, totals.BytesSent, _all.ElapsedMilliseconds);
    }

    private CopyTotals CopyTree(Operation operation, string tree, long? bytes, bool isNew, TreeChanges changes)
    {
        // where all of it was there before, nobody knows how much has changed
        Tell(operation, 1, 0, bytes, null);
        var changed = NewPass().RunChanged(tree, _standby.Id, changes, withDirectories: false, Telling(operation, 1, bytes), operation.Cancel);
        var (sent, checksums) = (changed.BytesSent, !changes.IsListed || !changed.IsComplete);
        for (var number = 1; number <= MostPasses; number++)
        {
            var totals = NewPass(checksums, isIntoNothing: isNew && number == 1).Run(tree, _standby.Id, Telling(operation, number, number == 1 ? bytes : null), operation.Cancel);
            FaultPoint.Reach();
            sent += totals.BytesSent;
            if (totals.IsComplete)
            {
                return totals with { BytesSent = sent };
            }
        }

        throw new ProblemException(ProblemCode.InputOutput, $"Some files of {name} could not be read whole, {MostPasses} times: they change all the time, or the disk has errors. The copy stays as it was.");
    }

    private CopyPass NewPass(bool checksums = false, bool isIntoNothing = false) =>
        new(call.Paths, new PeerStore(call.Paths).Require(_standby.Peer)) { BytesPerSecond = bytesPerSecond ?? _standby.BytesPerSecond, IsOfRunningTree = true, Checksums = checksums, IsIntoNothing = isIntoNothing };

    private Registry.RegistryEntry RequireSame() => call.Registry.Exists(name) && call.Registry.Find(name) is { } entry && entry.Id == _standby.VServerId
        ? entry.StandbyOf is null ? entry : throw new ProblemException(ProblemCode.Conflict, $"{name} is itself the copy of {entry.StandbyOf}'s here. It is copied from there, or after it was promoted.")
        : throw new ProblemException(ProblemCode.Conflict, $"{name} was deleted or renamed meanwhile.");

    private VServerLocks Lock(Operation operation) =>
        OperationRunner.Lock(call with { Report = new NestedReporter(operation.Report) }, new OperationKind("standby-copy", name) { Patience = TimeSpan.FromSeconds(30) });

    private Action<long, long?> Telling(Operation operation, int pass, long? total) => CopyPass.EachSecond((done, rate) => Tell(operation, pass, done, total, rate));

    private void Tell(Operation operation, int pass, long done, long? total, long? rate) =>
        operation.Report.Item(ItemKinds.MoveProgress, CopyPass.Progress(_standby.Id, MovePhase.Copying, pass, done, total, rate));
}
