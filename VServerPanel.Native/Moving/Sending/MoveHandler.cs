using System.Diagnostics;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Moves a vserver to another host: copies it, stops it, copies what changed, compares, hands it over, and lets it start there.</summary>
/// <remarks>Never two: it is out of its place, durably, before the target is told to make a vserver of it. Never none: until then it stays or comes back here, and
/// from then on the target's answer tells where it is (docs/moving.md).</remarks>
internal sealed partial class MoveHandler(Invocation call, OutgoingMove move)
{
    private const int Steps = 7;

    private const int MostPasses = 5;

    // what takes about a second more of being down: so many files, or what a second carries, but that is never less than this
    private const int MuchFiles = 2000;
    private const long MuchBytes = 16 << 20;

    private readonly Hosts.HostPaths _paths = call.Paths;
    private readonly VServerName _name = move.VServer;
    private readonly OutgoingStore _store = new(call.Paths);
    private readonly MoveTarget _target = new(call, move.Peer);
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private readonly List<string> _warnings = [];
    private OutgoingMove _move = move;
    private IReporter? _report;
    private Stopwatch? _down;
    private long? _sent;
    private bool _wasStopped;
    private bool _isUnsaved;

    /// <summary>Goes on from wherever the move stands.</summary>
    /// <exception cref="ProblemException">Why it was refused or failed; its record tells how it stands then.</exception>
    public MoveOutcome Run(Operation operation)
    {
        using var alone = _store.Lock(_name, operation.Cancel);
        var checks = _move.State == OutgoingState.Copying ? new MoveChecks(call, _target) : null;
        using var connection = PeerConnection.Open(_paths, _move.Peer);
        _move = (_store.Find(_move.Id) ?? _move) with { JobId = operation.Id, Problem = null };
        operation.VServerId = _move.VServerId;
        _report = operation.Report;
        return _move.State switch
        {
            OutgoingState.Copying => FromTheStart(operation, checks!),
            OutgoingState.HandedOver => FromHandOver(operation),
            _ => throw new ProblemException(ProblemCode.Conflict, $"This move is over: 'vserver-moves list' tells how it ended."),
        };
    }

    private MoveOutcome FromTheStart(Operation operation, MoveChecks checks)
    {
        try
        {
            return Copy(operation, checks);
        }
        catch (Exception e) when (e is not OutOfMemoryException && _move.State == OutgoingState.Copying)
        {
            Abandon(operation, e);
            throw;
        }
    }

    private MoveOutcome LastPart(Operation operation, IncomingRequest request, long entries, int pass)
    {
        RequireSame();
        Stop(operation);
        var tree = CopyTheLastTime(operation, request, pass);
        HandOver(operation);
        Activate(operation);
        return Finish(operation, tree.Bytes, entries);
    }

    private MoveOutcome FromHandOver(Operation operation)
    {
        // not Recovery: what it would find is this move
        using var locks = VServerLocks.Acquire(_paths, new OperationKind("move", _name) { Patience = TimeSpan.FromSeconds(30) }, operation.Cancel);
        operation.Step(6, Steps, $"Asking {_move.Peer} how it stands");
        new Retirement(_paths, _move).Retire();
        Activate(operation);
        return Finish(operation, _move.Bytes ?? 0, 0);
    }

    private void Stop(Operation operation)
    {
        // also where an earlier try has stopped it, and was cut off
        if (IsRunning())
        {
            operation.Step(3, Steps, $"Stopping {_name}");
            Tell(MovePhase.Stopping, 0);
            _move = _store.Save(_move with { WasRunning = true });
            _down = Stopwatch.StartNew();
            _wasStopped = true;
            new StopHandler(operation, _name).Run();
            operation.Undo.Continue();
        }
        else if (new RunStateStore(_paths).Find(_name) is { } state && (state.IsAlive || state.IsOwned))
        {
            throw new ProblemException(ProblemCode.Busy, $"{_name} is being started or stopped. Try again when that is done.");
        }
    }

    private void HandOver(Operation operation)
    {
        operation.Step(6, Steps, $"Handing over to {_move.Peer}");
        Tell(MovePhase.HandingOver, 0);
        var entry = call.Registry.Find(_name) ?? throw new ProblemException(ProblemCode.NotFound, $"{_name} has no entry in the registry any more.");
        _move = _store.Save(_move with { Files = Retirement.Collect(_paths, _name, entry) });
        operation.Before = Configuration.ConfFile.Parse(_move.Files!.Conf).Text;
        operation.Undo.Before(new UndoHandOver(_move.Id));
        new Retirement(_paths, _move).Retire();
        FaultPoint.Stage("out-of-its-place");
        _move = _store.Save(_move with { State = OutgoingState.HandedOver });
        operation.Undo.CommitThen(new UndoHandOver(_move.Id));
    }

    /// <summary>Asks the target to make a vserver of it. Where it refuses for good, the vserver comes back.</summary>
    private void Activate(Operation operation)
    {
        var request = _move.ToRequest() with { Conf = ConfToSend.Of(_move.Files!.Conf).Bytes, CreatedAt = _move.Files.Registry.CreatedAt };
        IncomingAnswer answer;
        FaultPoint.Stage("activating");
        try
        {
            answer = _target.Ask("activate", request, CancellationToken.None);
        }
        catch (Exception e) when (MoveTarget.IsUncertain(e))
        {
            throw Unresolved(operation, e);
        }
        catch (ProblemException refusal)
        {
            ComeBack(operation, refusal);
            throw;
        }

        if (answer is not { State: IncomingState.Activated })
        {
            throw Unresolved(operation, new ProblemException(ProblemCode.Terminated, $"{_move.Peer} does not say that it has arrived."));
        }

        var now = call.Time.GetUtcNow();
        TrySave(operation, _move with { State = OutgoingState.Kept, EndedAt = now, KeptUntil = now.AddDays(_move.Choices.KeepDays), Problem = null });
    }

    private ProblemException Unresolved(Operation operation, Exception cause)
    {
        var problem = new ProblemException(ProblemCode.Unreachable, $"{_name} is handed over, and {_move.Peer} has not said whether it has arrived: {cause.Message} It is off here until that is known. 'vserver-moves resume {_move.Id}' asks again; 'vserver-moves take-back {_move.Id}' brings it back if it has not arrived.", cause);
        TrySave(operation, _move with { Problem = problem.ToEvent() });
        return problem;
    }

    private MoveOutcome Finish(Operation operation, long bytes, long entries)
    {
        // not a step, where a cancel would end it: it is there, and would be started nowhere
        FaultPoint.Reach();
        operation.Report.Progress(7, Steps, _move is { WasRunning: true, Choices.Start: true } ? $"Starting {_name} on {_move.Peer}" : "Keeping the copy here");
        long? downtime = null;
        if (_move is { WasRunning: true, Choices.Start: true })
        {
            Tell(MovePhase.Starting, 0);
            try
            {
                _target.Ask("start", _move.ToRequest(), CancellationToken.None);
                downtime = _down?.ElapsedMilliseconds;
            }
            catch (ProblemException e)
            {
                Warn(operation, $"{_name} is on {_move.Peer} now, and could not be started there: {e.Message} Start it there: 'vserver {_name} start'.");
            }
        }

        if (_move.State != OutgoingState.Kept)
        {
            throw new ProblemException(ProblemCode.NoSpace, $"{_name} is on {_move.Peer}, and this host's disk is too full to write that down. Make room here; then 'vserver-moves resume {_move.Id}' does it.");
        }

        var unification = _move.Choices.Unify ? Unify(operation) : null;
        Tell(MovePhase.Done, 0);
        return new MoveOutcome
        {
            MoveId = _move.Id,
            Peer = _move.Peer,
            Bytes = bytes,
            Files = entries,
            BytesSent = _sent,
            Milliseconds = _all.ElapsedMilliseconds,
            DowntimeMilliseconds = downtime,
            Verified = true,
            Checksums = _move.Choices.Checksums,
            KeptUntil = _move.KeptUntil,
            UnificationJobId = unification,
            Warnings = _warnings,
        };
    }

    private string? Unify(Operation operation)
    {
        try
        {
            return _target.Ask("unify", _move.ToRequest(), CancellationToken.None).JobId;
        }
        catch (ProblemException e)
        {
            Warn(operation, $"{_name} is on {_move.Peer} now, and shares no files there: {e.Message} Share them there: 'vserver {_name} unify'.");
            return null;
        }
    }

    private bool IsRunning() => new RunStateStore(_paths).FindRunning(_name) is not null;

    private void RequireSame()
    {
        if (call.Registry.IdOf(_name) != _move.VServerId)
        {
            throw new ProblemException(ProblemCode.Conflict, $"{_name} was deleted or renamed meanwhile.");
        }
    }

    private VServerLocks Lock(Operation operation) =>
        OperationRunner.Lock(call with { Report = new NestedReporter(operation.Report) }, new OperationKind("move", _name) { Patience = TimeSpan.FromSeconds(30) });

    private void Warn(Operation operation, string text)
    {
        _warnings.Add(text);
        operation.Report.Warn(text);
    }
}
