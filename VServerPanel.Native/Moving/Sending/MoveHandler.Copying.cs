using System.Diagnostics;
using System.Text.Json;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

internal sealed partial class MoveHandler
{
    private MoveOutcome Copy(Operation operation, MoveChecks checks)
    {
        operation.Step(1, Steps, "Checking both hosts");
        Tell(MovePhase.Checking, 0);
        using (Lock(operation))
        {
            // a hand-over that was cut off is undone now: it is in its place
            call.Registry.Require(_name);
        }

        checks.Begin();
        var (request, size) = MoveChecks.Measure(call, _name, _move.VServerId, _move.Id);
        request = _move.Bytes is { } first ? request with { Bytes = first } : request;
        checks.Run(request);
        if (checks.Refusal is { } refusal)
        {
            throw refusal;
        }

        foreach (var warning in checks.Checks.Where(c => c.State == CheckState.Warning))
        {
            Warn(operation, $"{warning.Found}{(warning.Remedy is null ? "" : $" {warning.Remedy}")}");
        }

        var isKnownSince = _move.CopiedSince is not null;
        _move = _store.Save(_move with { Bytes = request.Bytes, CopiedSince = _move.CopiedSince ?? TreeChanges.Begin(_paths.TreeOf(_name), text => Warn(operation, text)) });
        _store.KeepRoom(_move.Id);
        var begun = _target.Ask("begin", request, operation.Cancel);

        // what lies there may not be what sizes and times say
        begun = begun with { IsSuspect = begun.IsSuspect || (!isKnownSince && begun.IsNew != true) };

        var runs = IsRunning();
        operation.Step(2, Steps, $"Copying {_name} to {_move.Peer}");
        var pass = CopyWhileItRuns(operation, runs, begun);

        if (runs)
        {
            // it is down until all is on disk there: what has arrived by now can be while it runs
            _target.Ask("sync", request, operation.Cancel);
        }

        _store.KeepRoom(_move.Id);
        operation.Undo.MakeReady();
        using var locks = Lock(operation);
        try
        {
            return LastPart(operation, request, size.Entries, pass);
        }
        catch (Exception e) when (e is not OutOfMemoryException && _move.State == OutgoingState.Copying)
        {
            BackInPlace(operation);
            throw;
        }
    }

    /// <summary>Copies, and again what has changed meanwhile: as long as there is so much of it that it would be down for long, and less each time.</summary>
    /// <returns>The number of the next pass.</returns>
    private int CopyWhileItRuns(Operation operation, bool runs, IncomingAnswer begun)
    {
        var watch = Stopwatch.StartNew();
        Tell(MovePhase.Copying, 1);
        var totals = CopyAll(operation, MovePhase.Copying, 1, NewPass(isOfRunningTree: true, begun.IsSuspect, begun.IsNew == true));
        if (!runs)
        {
            return 2;
        }

        var left = double.PositiveInfinity;
        for (var pass = 2; ; pass++)
        {
            var changed = TreeChanges.Since(_paths.TreeOf(_name), _move.CopiedSince?.WithoutMargin(), operation.Cancel);
            var aSecond = Math.Max(MuchBytes, totals.BytesSent / Math.Max(1, watch.Elapsed.TotalSeconds));
            var seconds = Math.Max((double)changed.Files / MuchFiles, changed.Bytes / aSecond);
            if ((changed.IsListed && seconds <= 1) || seconds > left / 2 || pass > MostPasses)
            {
                return pass;
            }

            left = seconds;
            watch.Restart();
            var next = TreeChanges.Begin(_paths.TreeOf(_name), text => Warn(operation, text));
            Tell(MovePhase.Copying, pass);
            totals = CopyChanged(operation, MovePhase.Copying, pass);
            if (totals.IsComplete)
            {
                _move = _store.Save(_move with { CopiedSince = next ?? _move.CopiedSince });
            }
        }
    }

    /// <summary>Copies what has changed, the last time. What is not found by its time, a comparison finds, and then all is looked at.</summary>
    /// <returns>How large the tree is.</returns>
    private Verifying.TreeFingerprint CopyTheLastTime(Operation operation, IncomingRequest request, int pass)
    {
        operation.Step(4, Steps, "Copying what has changed");
        Tell(MovePhase.LastPass, pass);
        CopyChanged(operation, MovePhase.LastPass, pass);
        if (Compare(operation, request) is { Here: var same, IsSame: true })
        {
            return same;
        }

        operation.Step(4, Steps, "Copying what has changed");
        Tell(MovePhase.LastPass, pass + 1);
        CopyAll(operation, MovePhase.LastPass, pass + 1, NewPass(isOfRunningTree: false, _move.Choices.Checksums));
        var (here, there, isSame) = Compare(operation, request);
        return isSame ? here : throw new ProblemException(ProblemCode.InputOutput, $"What has arrived differs: {here.Entries} names and {here.Bytes} bytes here, {there?.Entries} and {there?.Bytes} there, or other attributes. Something changed the tree meanwhile, or the other file system cannot hold all of it. Try again.");
    }

    /// <summary>Copies what has changed since <see cref="OutgoingMove.CopiedSince"/>, and looks at nothing else.</summary>
    private CopyTotals CopyChanged(Operation operation, MovePhase phase, int pass)
    {
        var tree = _paths.TreeOf(_name);
        var changes = TreeChanges.Since(tree, _move.CopiedSince, operation.Cancel);
        if (!changes.IsListed)
        {
            return CopyAll(operation, phase, pass, NewPass(phase != MovePhase.LastPass, checksums: true));
        }

        return Count(NewPass(phase != MovePhase.LastPass).RunChanged(tree, _move.Id, changes, withDirectories: true, Telling(phase, pass), operation.Cancel));
    }

    private (Verifying.TreeFingerprint Here, Verifying.TreeFingerprint? There, bool IsSame) Compare(Operation operation, IncomingRequest request)
    {
        operation.Step(5, Steps, "Comparing both trees");
        Tell(MovePhase.Verifying, 0);
        var asked = BackgroundWork.Ask(() => _target.Ask("measure", request with { Conf = null, Checksums = _move.Choices.Checksums }, operation.Cancel));
        var here = Verifying.TreeFingerprint.Of(_paths.TreeOf(_name), _move.Choices.Checksums, operation.Cancel);
        var there = asked().Fingerprint;
        return (here, there, here == there);
    }

    private CopyPass NewPass(bool isOfRunningTree, bool checksums = false, bool isIntoNothing = false) =>
        new(_paths, new PeerStore(_paths).Require(_move.Peer)) { BytesPerSecond = _move.Choices.BytesPerSecond, IsOfRunningTree = isOfRunningTree, Checksums = checksums, IsIntoNothing = isIntoNothing };

    private CopyTotals CopyAll(Operation operation, MovePhase phase, int number, CopyPass pass) =>
        Count(pass.Run(_paths.TreeOf(_name), _move.Id, Telling(phase, number), operation.Cancel));

    private Action<long, long?> Telling(MovePhase phase, int pass) => CopyPass.EachSecond((bytes, rate) => Tell(phase, pass, bytes, rate));

    private CopyTotals Count(CopyTotals totals)
    {
        _sent = (_sent ?? 0) + totals.BytesSent;
        FaultPoint.Reach();
        return totals;
    }

    private void Tell(MovePhase phase, int pass)
    {
        Tell(phase, pass, 0, null);
        FaultPoint.Stage(pass > 1 && phase == MovePhase.Copying ? "copying-again" : JsonNamingPolicy.KebabCaseLower.ConvertName(phase.ToString()));
    }

    // the passes behind the first copy what has changed, and nobody knows beforehand how much that is
    private void Tell(MovePhase phase, int pass, long bytes, long? rate) => _report?.Item(ItemKinds.MoveProgress, CopyPass.Progress(_move.Id, phase, pass, bytes, pass > 1 ? null : _move.Bytes, rate));
}
