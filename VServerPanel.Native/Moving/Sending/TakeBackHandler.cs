using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>Gives up a move: the vserver is this host's again, after the target has refused it for ever.</summary>
/// <param name="call">Who asked.</param>
/// <param name="moveId">Which.</param>
/// <param name="isFenced">The administrator's word that the target is off, or will never start it.</param>
internal sealed class TakeBackHandler(Invocation call, string moveId, bool isFenced)
{
    private readonly OutgoingStore _store = new(call.Paths);
    private readonly Hosts.HostPaths _paths = call.Paths;
    private OutgoingMove _move = null!;

    /// <returns>For people.</returns>
    public string Run(Operation operation)
    {
        _move = _store.Require(moveId);
        using var alone = _store.Lock(_move.VServer, operation.Cancel);
        using var locks = VServerLocks.Acquire(_paths, new OperationKind("move", _move.VServer) { Patience = TimeSpan.FromSeconds(30) }, operation.Cancel);
        var before = _move = _store.Require(moveId);
        operation.VServerId = _move.VServerId;
        switch (_move.State)
        {
            case OutgoingState.Copying:
                // its tree comes back, if it was cut off while it was taken out of its place
                Recovery.Run(call with { Report = new NestedReporter(operation.Report) }, _move.VServer);
                Refuse(operation, mustSucceed: false);
                _move = _store.Save(_move with { State = OutgoingState.TakenBack, EndedAt = call.Time.GetUtcNow() });
                break;
            case OutgoingState.HandedOver:
                // not Recovery: what it would find is this move. What a take-back that was cut off has put back is taken away again
                new Retirement(_paths, _move).Retire();
                PutBack(operation);
                break;
            case OutgoingState.Kept:
                // what is in its place now is another one, or the same that came back: it stays as it is
                Recovery.Run(call with { Report = new NestedReporter(operation.Report) }, _move.VServer);
                _move = _store.Require(moveId);
                if (_move.State == OutgoingState.Purged)
                {
                    throw Over();
                }

                if (_move.State == OutgoingState.Kept)
                {
                    PutBack(operation);
                }

                break;
            default:
                throw Over();
        }

        return Restart(operation, before.WasRunning && before.State != OutgoingState.Kept);
    }

    private static ProblemException Over() => new(ProblemCode.Conflict, "This move is over: there is nothing here that could be taken back.");

    private void PutBack(Operation operation)
    {
        RequireFree();
        Refuse(operation, mustSucceed: true);
        operation.Undo.CommitThen(new PutBackMoved(_move.Id, call.Time.GetUtcNow()));
        operation.Undo.Complete();
    }

    private void RequireFree()
    {
        if (call.Registry.NameOf(_move.VServerId) is { } here)
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"It has come back, and is here as {here}: the copy that was kept is older. 'vserver-moves purge {_move.Id}' removes that.");
        }

        if (!isFenced && _store.List().FirstOrDefault(m => m.VServerId == _move.VServerId && m.StartedAt > _move.StartedAt && m.HasLeft) is { } later)
        {
            throw new ProblemException(ProblemCode.Conflict, $"It came back, and went to {later.Peer} at {later.StartedAt:u}: the copy of this move is older than what is there. Move it back from {later.Peer}, or take the move {later.Id} back.");
        }

        if (new Retirement(_paths, _move).Occupied() is { } taken)
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"'{taken}' is in its place by now. Rename that vserver; then take this one back.");
        }
    }

    private void Refuse(Operation operation, bool mustSucceed)
    {
        try
        {
            new MoveTarget(call, _move.Peer).Ask("take-back", _move.ToRequest(), operation.Cancel);
        }
        catch (ProblemException e) when (!mustSucceed)
        {
            operation.Report.Warn($"What has arrived at {_move.Peer} lies there yet: {e.Message}");
        }
        catch (ProblemException e) when (isFenced && e.Code != ProblemCode.Conflict)
        {
            // also where it is no host of ours any more, or another machine has its address
            operation.Report.Warn($"{_move.Peer} has not refused the move ({e.Message}). If {_move.VServer} is there, it must not be started there any more.");
        }
        catch (ProblemException e) when (e.Code != ProblemCode.Conflict)
        {
            throw new ProblemException(e.Code, $"{_move.Peer} has to refuse the move before {_move.VServer} may be used here, and it has not: {e.Message} If it is off for good: 'vserver-moves take-back {_move.Id} --fenced', in a shell of this host.", e);
        }
    }

    private string Restart(Operation operation, bool wasRunning)
    {
        if (wasRunning && new Lifecycle.RunStateStore(_paths).FindRunning(_move.VServer) is null)
        {
            try
            {
                MoveHandler.Start(call with { Report = operation.Report }, _move.VServer);
            }
            catch (Exception e) when (e is ProblemException or IOException)
            {
                operation.Report.Warn($"{_move.VServer} is here, and could not be started: {ProblemException.ToEvent(e).Message}");
            }
        }

        return $"{_move.VServer} is this host's again.";
    }
}
