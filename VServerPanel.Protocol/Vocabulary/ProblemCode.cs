using System.Text.Json;
using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>What kind of failure a problem is. Closed: readers switch on it, so a code is added, never reused.</summary>
/// <remarks>Persisted by number in audit entries: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<ProblemCode>))]
public enum ProblemCode
{
    /// <summary>A fault of ours; the message names it.</summary>
    Internal = 0,

    /// <summary>No such vserver, job or file.</summary>
    NotFound = 1,

    /// <summary>The name is taken.</summary>
    AlreadyExists = 2,

    AlreadyRunning = 3,

    NotRunning = 4,

    /// <summary>The caller may not, or the kernel refused (EPERM, EACCES).</summary>
    NotPermitted = 5,

    /// <summary>An argument of the call is wrong.</summary>
    InvalidArgument = 6,

    /// <summary>The conf file is wrong.</summary>
    InvalidConfiguration = 7,

    /// <summary>An address is another vserver's or the host's.</summary>
    AddressInUse = 8,

    /// <summary>No room on the disk (ENOSPC, EDQUOT), or not enough for what was asked.</summary>
    NoSpace = 9,

    /// <summary>Another operation holds this vserver.</summary>
    Busy = 10,

    /// <summary>This host or kernel cannot do it.</summary>
    Unsupported = 11,

    /// <summary>A program that is needed is not installed.</summary>
    MissingTool = 12,

    /// <summary>A program that we ran failed.</summary>
    CommandFailed = 13,

    /// <summary>It took longer than its time-out.</summary>
    TimedOut = 14,

    /// <summary>It was cancelled on request; what was done is undone.</summary>
    Cancelled = 15,

    /// <summary>The process that did it ended without an answer: crash, kill, power.</summary>
    Terminated = 16,

    /// <summary>A hook script failed.</summary>
    HookFailed = 17,

    /// <summary>A system call failed with another errno.</summary>
    InputOutput = 18,

    /// <summary>The host does not answer.</summary>
    Unreachable = 19,

    /// <summary>What was changed had changed meanwhile.</summary>
    Conflict = 20,
}

/// <summary>Writes enum members as <c>kebab-case</c> words.</summary>
public sealed class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
