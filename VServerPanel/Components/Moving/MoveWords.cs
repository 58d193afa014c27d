using VServerPanel.Protocol;

namespace VServerPanel.Components.Moving;

/// <summary>What pages say of moves, so that they all say the same.</summary>
internal static class MoveWords
{
    internal static string Phase(MovePhase phase) => phase switch
    {
        MovePhase.Checking => "Checking both hosts",
        MovePhase.Copying => "Copying",
        MovePhase.Stopping => "Stopping",
        MovePhase.LastPass => "Copying what has changed",
        MovePhase.Verifying => "Comparing both trees",
        MovePhase.HandingOver => "Handing over",
        MovePhase.Starting => "Starting there",
        MovePhase.Retiring => "Putting the copy here away",
        MovePhase.Done => "Done",
        _ => phase.ToString(),
    };

    /// <summary>Whether the target may have it: it is off here until that is known.</summary>
    internal static bool IsHandedOver(MoveInfo move) => move.Phase is MovePhase.HandingOver;

    internal static string Title(MoveInfo move) => $"The move of {move.VServer} to {move.Peer} was cut off";

    /// <summary>Where a vserver is whose move was cut off.</summary>
    internal static string Standing(MoveInfo move) => IsHandedOver(move)
        ? $"{move.VServer} is off here and cannot be started: it was handed over, and {move.Peer} has not said whether it has arrived."
        : $"{move.VServer} is on this host. Part of it lies at {move.Peer}, where nobody can start it.";

    internal static string ResumeButton(MoveInfo move) => IsHandedOver(move) ? $"Ask {move.Peer} again" : "Go on with the move";

    internal static string ResumeMeans(MoveInfo move) => IsHandedOver(move)
        ? $"If it has arrived, the move ends and it runs there. If not, {move.Peer} is told again to put it in its place."
        : "What has arrived is not sent again. The rest is as in a new move.";

    internal static string TakeBackButton(MoveInfo move) => IsHandedOver(move) ? "Bring it back" : "Give the move up";

    internal static string TakeBackMeans(MoveInfo move) => IsHandedOver(move)
        ? $"{move.Peer} is told to refuse it for ever; then it is here again, and runs if it did. If it has arrived there, this is refused and changes nothing."
        : $"{move.VServer} stays here, and runs if it did. {move.Peer} removes what it has of it.";

    /// <summary>What only a shell can say.</summary>
    internal static string Fenced(MoveInfo move) => $"vserver-moves take-back {move.Id} --fenced";

    internal static string State(MoveInfo move) => (move.State, move.Direction) switch
    {
        (MoveState.Running, MoveDirection.Incoming) => "Arriving",
        (MoveState.Running, _) => "Under way",
        (MoveState.Unresolved, _) => "Cut off",
        (MoveState.Kept, _) => "Moved away, kept here",
        (MoveState.Purged, _) => "Moved away",
        (MoveState.TakenBack, MoveDirection.Incoming) => "Given up by its source",
        (MoveState.TakenBack, _) => "Taken back",
        _ => "Arrived",
    };

    internal static string Look(MoveInfo move) => move.State switch
    {
        MoveState.Running => "vp-info",
        MoveState.Unresolved => "vp-warn",
        MoveState.Arrived or MoveState.Kept or MoveState.Purged => "vp-good",
        _ => "",
    };
}
