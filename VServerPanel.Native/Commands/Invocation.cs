using VServerPanel.Native.Auditing;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Output;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>One call of the command: who asked for what, and where the answer goes.</summary>
internal sealed record Invocation
{
    public required HostPaths Paths { get; init; }

    public required IReporter Report { get; init; }

    public required GlobalOptions Options { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>The words as they were typed, the tool's name first; what the journal keeps.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>The caller's umask(2), for commands that we become.</summary>
    public uint Umask { get; init; } = 0b000_010_010;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Cancelled by SIGINT, SIGTERM or <c>vserver-jobs cancel</c>.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Another operation as part of this call: on record by words of its own, its lines among ours.</summary>
    public Invocation Nested(IReporter report, params IReadOnlyList<string> words) => this with
    {
        Report = new NestedReporter(report),
        Words = words,
        Options = Options with { JobId = null, Detach = false, Plan = false },
    };

    public VServerRegistry Registry => new(Paths, Time);

    public Journal Journal => new(Paths);
}
