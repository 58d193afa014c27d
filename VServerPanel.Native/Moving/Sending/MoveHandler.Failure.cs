using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

internal sealed partial class MoveHandler
{
    /// <summary>It failed before the hand-over, and is locked yet: it is in its place again, and runs if it did.</summary>
    private void BackInPlace(Operation operation)
    {
        if (operation.Undo.Abort() is [var failure, ..])
        {
            throw failure;
        }

        RestartHere(operation);
    }

    /// <summary>The target forgets a move that failed before the hand-over, unless the connection broke: then the move can go on later.</summary>
    private void Abandon(Operation operation, Exception cause)
    {
        if (_store.Find(_move.Id) is not { } known)
        {
            return;
        }

        if (known.Files is not null && new Retirement(_paths, known).IsOut)
        {
            // it could not be put back: nothing may be given up before it is
            operation.Report.Warn($"'vserver-jobs recover' puts {_name} back as soon as it can be; then 'vserver-moves resume {_move.Id}' or 'take-back {_move.Id}'.");
            return;
        }

        var isSaved = TrySave(operation, known with { Problem = ProblemException.ToEvent(cause) });
        if (!isSaved || SpareRoom.IsFullDisk(cause) || cause is ProblemException { Code: ProblemCode.Unreachable or ProblemCode.Terminated or ProblemCode.TimedOut })
        {
            operation.Report.Warn($"'vserver-moves resume {_move.Id}' goes on with what has arrived, 'vserver-moves take-back {_move.Id}' gives it up.");
            return;
        }

        try
        {
            _target.Ask("take-back", _move.ToRequest(), CancellationToken.None);
            TrySave(operation, _move with { State = OutgoingState.TakenBack, EndedAt = call.Time.GetUtcNow() });
        }
        catch (ProblemException e)
        {
            operation.Report.Warn($"What has arrived at {_move.Peer} lies there yet: {e.Message} 'vserver-moves take-back {_move.Id}' removes it.");
        }
    }

    /// <summary>The target has refused it. Before it may be used here the target must refuse it for ever.</summary>
    private void ComeBack(Operation operation, ProblemException refusal)
    {
        try
        {
            _target.Ask("take-back", _move.ToRequest(), CancellationToken.None);
        }
        catch (ProblemException e)
        {
            throw Unresolved(operation, e);
        }

        var wasRunning = _move.WasRunning;
        operation.Undo.CommitThen(new PutBackMoved(_move.Id, call.Time.GetUtcNow()));
        operation.Undo.Complete();
        TrySave(operation, _store.Require(_move.Id) with { Problem = refusal.ToEvent() });
        _wasStopped |= wasRunning;
        RestartHere(operation);
    }

    private void RestartHere(Operation operation)
    {
        if (!_wasStopped || IsRunning())
        {
            return;
        }

        try
        {
            Start(call with { Report = operation.Report }, _name);
            TrySave(operation, _move with { WasRunning = false });
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            operation.Report.Warn($"{_name} is here, and could not be started again: {ProblemException.ToEvent(e).Message}");
        }
    }

    /// <summary>Writes down how it stands, unless this host's disk is full: then it stands as it did, and can be gone on with or given up when there is room.</summary>
    private bool TrySave(Operation operation, OutgoingMove move)
    {
        try
        {
            _move = _store.Save(move);
            return true;
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            if (!_isUnsaved)
            {
                _isUnsaved = true;
                operation.Report.Warn("The disk of this host is full: how this move stands could not be written down.");
            }

            return false;
        }
    }

    /// <summary>Starts it here, on record; its lock is the caller's.</summary>
    internal static void Start(Commands.Invocation call, VServerName name)
    {
        var own = call.Nested(call.Report, "vserver", name.Value, "start") with { Cancel = CancellationToken.None };
        OperationRunner.Run(own, LifecycleOperation.Kind("start", name) with { IsLocked = false }, operation =>
        {
            new StartHandler(operation, name, StartHandler.LeaveCaller()).Run();
            return (null, null);
        });
    }
}
