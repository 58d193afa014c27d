namespace VServerPanel.Core.Configuration;

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

/// <summary>The difference of two texts, line by line.</summary>
public static class LineDiff
{
    /// <summary>All lines of both texts in order; in a change the removed ones come first.</summary>
    public static IReadOnlyList<DiffLine> Compare(string before, string after) => throw new NotSupportedException();

    /// <summary>Only the changes, each with some lines around it; null in the list where lines were left out.</summary>
    public static IReadOnlyList<DiffLine?> Hunks(IReadOnlyList<DiffLine> lines, int context = 3) => throw new NotSupportedException();
}
