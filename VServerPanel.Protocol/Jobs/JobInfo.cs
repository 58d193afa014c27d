using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>How far a job is.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<JobState>))]
public enum JobState
{
    Running = 0,
    Succeeded = 1,
    Failed = 2,
    Cancelled = 3,

    /// <summary>Its process is gone without a word; recovery has not looked at it yet.</summary>
    Interrupted = 4,

    /// <summary>It was interrupted, and what it had done is undone.</summary>
    RolledBack = 5,
}

/// <summary>A long operation on a host.</summary>
public sealed record JobInfo
{
    /// <summary>A GUID in 32 digits; with it the job is followed and cancelled. Also the id of its operation in the journal.</summary>
    public required string Id { get; init; }

    /// <summary>start, stop, build, delete …</summary>
    public required string Operation { get; init; }

    public VServerName? VServer { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>What was run: words of the command line.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required JobState State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The last progress line.</summary>
    public ProgressEvent? Progress { get; init; }

    /// <summary>How it failed.</summary>
    public ProblemEvent? Problem { get; init; }

    /// <summary>The process that does it, on its host.</summary>
    public int? ProcessId { get; init; }
}
