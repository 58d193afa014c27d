using System.Text.Json.Serialization;

namespace VServerPanel.Native.Contexts;

/// <summary>What a command's process sets of itself before it becomes the command; handed from chcontext to the process that it starts in new namespaces.</summary>
internal sealed record ContextSetup
{
    /// <summary>Context number; null: the one that a personal box has by its namespace.</summary>
    public int? Number { get; init; }

    /// <summary>Whether /proc is mounted anew, for the pid namespace that this process is in now.</summary>
    public bool HasOwnProc { get; init; }

    /// <summary>Whether this process stays as process 1 of a new context, and the command is its child.</summary>
    public bool IsInit { get; init; }

    public bool IsSilent { get; init; }

    /// <summary>Whether the command leaves the caller's session.</summary>
    public bool IsDisconnected { get; init; }

    public string? Hostname { get; init; }

    /// <summary>Empty: unset.</summary>
    public string? DomainName { get; init; }

    /// <summary>Capabilities that the command and all that it starts can never have.</summary>
    public IReadOnlyList<string> TakenCapabilities { get; init; } = [];

    /// <summary>Whether nothing is kept of what the making of namespaces gave (a personal box).</summary>
    public bool DropsAll { get; init; }

    /// <summary>Whether it can make or enter no other context.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Whether it can signal nobody (context 1).</summary>
    public bool IsMute { get; init; }

    /// <summary>What the kernel of 2002 showed in /proc/PID/status: <c>s_context</c>, <c>ipv4root</c>.</summary>
    public IReadOnlyList<string> StatusLines { get; init; } = [];

    public uint Umask { get; init; } = 0b000_010_010;

    /// <summary>A pipe to tell by that the command runs, and then how it ended; negative: none.</summary>
    public int ReportFd { get; init; } = -1;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ContextSetup))]
internal sealed partial class ContextSetupJson : JsonSerializerContext;
