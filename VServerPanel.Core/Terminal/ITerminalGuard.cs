namespace VServerPanel.Core.Terminal;

/// <summary>Says whether a user may still have the terminals that he opened: signed in, not locked, with the right to it.</summary>
public interface ITerminalGuard
{
    /// <summary>Why a terminal must end, as a sentence; null where it may go on.</summary>
    Task<string?> FindReasonToEndAsync(TerminalSession session, CancellationToken cancellationToken);
}
