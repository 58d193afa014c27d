namespace VServerPanel.Protocol;

/// <summary>What became of a line.</summary>
public enum DiffKind
{
    Same,
    Removed,
    Added,
}

/// <summary>One line of a difference.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="OldLine">Its number before, from 1; null where it is new.</param>
/// <param name="NewLine">Its number after, from 1; null where it is removed.</param>
/// <param name="Text">The line without its end.</param>
public sealed record DiffLine(DiffKind Kind, int? OldLine, int? NewLine, string Text);
