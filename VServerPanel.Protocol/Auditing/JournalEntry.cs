using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>Which of the two entries of an operation this is.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<JournalPhase>))]
public enum JournalPhase
{
    Asked = 0,
    Ended = 1,
}

/// <summary>How an operation ended.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<OperationOutcome>))]
public enum OperationOutcome
{
    Succeeded = 0,
    Failed = 1,
    Cancelled = 2,
    RolledBack = 3,
}

/// <summary>Who asked.</summary>
/// <param name="Login">The login name behind the process (loginuid, else its uid).</param>
/// <param name="SudoUser">The user who called sudo, if any.</param>
/// <param name="PanelUser">The user whom the panel says it acts for, if any; believed only as far as the panel is.</param>
/// <param name="Address">The address he came from: the browser's, or that of the ssh session.</param>
public sealed record Actor(string Login, string? SudoUser = null, string? PanelUser = null, string? Address = null);

/// <summary>One line of the host's journal, <c>/var/log/vservers/journal.jsonl</c>.</summary>
public sealed record JournalEntry
{
    /// <summary>The operation: the same in its two entries, and the id of its job.</summary>
    public required string OperationId { get; init; }

    public required JournalPhase Phase { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>start, stop, build, delete, configure, enter, exec, signal …</summary>
    public required string Operation { get; init; }

    public VServerName? VServer { get; init; }

    public Guid? VServerId { get; init; }

    /// <summary>The exact words of the command.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Configuration before the change.</summary>
    public string? Before { get; init; }

    /// <summary>Configuration after the change.</summary>
    public string? After { get; init; }

    /// <summary>Null when asked.</summary>
    public OperationOutcome? Outcome { get; init; }

    public ProblemEvent? Problem { get; init; }

    /// <summary>From asked to ended, in milliseconds; null when asked.</summary>
    public long? DurationMilliseconds { get; init; }

    /// <summary>Where this line ends in the journal, in bytes: reading goes on from there. Set by the reader, not in the file.</summary>
    public long? Position { get; init; }
}

/// <summary>The result of <c>vserver-jobs journal</c>: pass it as <c>--from</c> the next time.</summary>
/// <param name="Position">In bytes.</param>
public sealed record JournalPosition(long Position);
