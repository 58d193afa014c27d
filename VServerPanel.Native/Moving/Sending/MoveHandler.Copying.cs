using System.Diagnostics;
using System.Text.Json;
using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

internal sealed partial class MoveHandler
{
    private MoveOutcome Copy(Operation operation)
    {
        operation.Step(1, Steps, "Checking both hosts");
        Tell(MovePhase.Checking, 0);
        using (Lock(operation))
        {
            // a hand-over that was cut off is undone now: it is in its place
            call.Registry.Require(_name);
        }

        var (request, size) = MoveChecks.Measure(call, _name, _move.VServerId, _move.Id);
        request = _move.Bytes is { } first ? request with { Bytes = first } : request;
        var checks = new MoveChecks(call, _target);
        checks.Run(request);
        if (checks.Refusal is { } refusal)
        {
            throw refusal;
        }

        foreach (var warning in checks.Checks.Where(c => c.State == CheckState.Warning))
        {
            Warn(operation, $"{warning.Found}{(warning.Remedy is null ? "" : $" {warning.Remedy}")}");
        }

        _move = _store.Save(_move with { Bytes = request.Bytes });
        var isSuspect = _target.Ask("begin", request, operation.Cancel).IsSuspect;

        var runs = IsRunning();
        operation.Step(2, Steps, $"Copying {_name} to {_move.Peer}");
        var pass = CopyWhileItRuns(operation, runs, isSuspect);

        if (runs)
        {
            // it is down until all is on disk there: what has arrived by now can be while it runs
            _target.Ask("sync", request, operation.Cancel);
        }

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
    private int CopyWhileItRuns(Operation operation, bool runs, bool isSuspect)
    {
        var left = new TreeChanges(long.MaxValue, long.MaxValue);
        for (var pass = 1; ; pass++)
        {
            var (began, watch) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
            var totals = Pass(operation, pass, MovePhase.Copying, isLast: false, isSuspect && pass == 1);
            var changed = runs ? TreeChanges.Since(_paths.TreeOf(_name), began, operation.Cancel) : new TreeChanges(0, 0);
            var isMuch = (pass == 1 && runs && !totals.IsComplete) || changed.Files > MuchFiles || changed.Bytes > Math.Max(MuchBytes, totals.BytesSent / Math.Max(1, watch.Elapsed.TotalSeconds));
            if (!isMuch || changed.Bytes > left.Bytes / 2 || pass == MostPasses)
            {
                return pass + 1;
            }

            left = changed;
        }
    }

    private CopyTotals Pass(Operation operation, int number, MovePhase phase, bool isLast, bool withChecksums = false)
    {
        var told = 0L;
        Tell(phase, number);
        var pass = new CopyPass(_paths, new PeerStore(_paths).Require(_move.Peer)) { BytesPerSecond = _move.Choices.BytesPerSecond, IsOfRunningTree = !isLast, Checksums = withChecksums };
        var totals = pass.Run(_paths.TreeOf(_name), _move.Id, (bytes, rate) =>
        {
            if (Environment.TickCount64 - told >= 1000)
            {
                told = Environment.TickCount64;
                Tell(phase, number, bytes, rate);
            }
        }, operation.Cancel);
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
