using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>How vservers are to be moved to another host.</summary>
/// <param name="To">The target, as the source's <c>vserver-hosts list</c> calls it.</param>
public sealed record MoveRequest(string To)
{
    /// <summary>What a copy is kept for at most, in days.</summary>
    public const int MostKeepDays = 365;

    /// <summary>Bytes a second that the copying may take; null: no limit.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>Whether contents are compared after the copying, too.</summary>
    public bool Checksums { get; init; }

    /// <summary>Days for which the source keeps its copy, disabled.</summary>
    public int KeepDays { get; init; } = 7;

    /// <summary>Whether it is started at the target, if it ran.</summary>
    public bool Start { get; init; } = true;

    /// <summary>Whether its files are shared with those of the vservers there, when it has arrived.</summary>
    public bool Unify { get; init; }

    /// <summary>What keeps it from being asked for, as a sentence; null where nothing does.</summary>
    public string? Fault => !IsPeerName(To) ? "Choose the host that it is to be moved to."
        : Bandwidth is < 1024 ? "The limit is in bytes a second, and at least 1024 of them; leave it out for none."
        : KeepDays is < 0 or > MostKeepDays ? $"The old copy can be kept for 0 to {MostKeepDays} days."
        : null;

    internal MoveRequest Checked() => Fault is { } fault ? throw new HostProblemException(ProblemCode.InvalidArgument, fault) : this;

    // never taken for an option by the command that it is given to
    internal static bool IsPeerName(string text) =>
        text is { Length: > 0 and <= 32 } && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
