using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>Which entry of an operation this is.</summary>
/// <remarks>Persisted by number: append only.</remarks>
public enum AuditPhase
{
    Asked = 0,
    Ended = 1,

    /// <summary>Something that happened at once: a sign-in, a link made.</summary>
    Event = 2,
}

/// <summary>Who wrote the entry first.</summary>
/// <remarks>Persisted by number: append only.</remarks>
public enum AuditOrigin
{
    /// <summary>The panel.</summary>
    Panel = 0,

    /// <summary>The host's journal.</summary>
    Host = 1,
}

/// <summary>One line of the audit history. It is written once and never changed.</summary>
public sealed class AuditEntry
{
    internal AuditEntry(
        long sequence, string host, string operationId, AuditPhase phase, AuditOrigin origin, DateTimeOffset time, string user, string login, string? address,
        string? vServer, Guid? vServerId, string operation, string command, string? detail, string? before, string? after, OperationOutcome? outcome,
        ProblemCode? problemCode, string? problemMessage, long? durationMilliseconds, string previousHash, string hash)
    {
        (Sequence, Host, OperationId, Phase, Origin, Time, User, Login, Address) = (sequence, host, operationId, phase, origin, time, user, login, address);
        (VServer, VServerId, Operation, Command, Detail, Before, After) = (vServer, vServerId, operation, command, detail, before, after);
        (Outcome, ProblemCode, ProblemMessage, DurationMilliseconds, PreviousHash, Hash) = (outcome, problemCode, problemMessage, durationMilliseconds, previousHash, hash);
    }

    /// <summary>Its place in the chain, from 1 without gaps.</summary>
    public long Sequence { get; }

    public string Host { get; }

    /// <summary>The same in the two entries of an operation, and the id of its job.</summary>
    public string OperationId { get; }

    public AuditPhase Phase { get; }

    public AuditOrigin Origin { get; }

    /// <summary>To the millisecond, UTC.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Who: the panel's user, else the one behind sudo, else the login.</summary>
    public string User { get; }

    /// <summary>The login on the host; empty for what happened in the panel only.</summary>
    public string Login { get; }

    /// <summary>From where, if known.</summary>
    public string? Address { get; }

    /// <summary>The vserver's name at the time.</summary>
    public string? VServer { get; }

    /// <summary>The vserver's stable id, if it had one yet.</summary>
    public Guid? VServerId { get; }

    /// <summary>start, stop, build, delete, configure, sign-in …</summary>
    public string Operation { get; }

    /// <summary>The exact command, quoted as a shell would need it; empty where none was run.</summary>
    public string Command { get; }

    /// <summary>What else there is to say.</summary>
    public string? Detail { get; }

    /// <summary>Configuration before the change.</summary>
    public string? Before { get; }

    /// <summary>Configuration after the change.</summary>
    public string? After { get; }

    /// <summary>Null when asked.</summary>
    public OperationOutcome? Outcome { get; }

    public ProblemCode? ProblemCode { get; }

    public string? ProblemMessage { get; }

    public long? DurationMilliseconds { get; }

    /// <summary>Hash of the entry before, in hex; 64 zeros for the first.</summary>
    public string PreviousHash { get; }

    /// <summary>SHA-256 over the previous hash and this entry's content, in hex.</summary>
    public string Hash { get; }
}
