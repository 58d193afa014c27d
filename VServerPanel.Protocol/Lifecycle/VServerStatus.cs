namespace VServerPanel.Protocol;

/// <summary>A vserver as <c>vserver-stat</c> tells it.</summary>
/// <remarks>A generated reader sets every init property, to null where the line has none; the getters keep the promise of their types then.</remarks>
public sealed record VServerStatus
{
    /// <summary>Stays the same through renames and moves.</summary>
    public required Guid Id { get; init; }

    public required VServerName Name { get; init; }

    /// <summary>From the conf file's <c># Description:</c> line; empty where there is none.</summary>
    public string Description { get => field ?? ""; init; } = "";

    public required VServerState State { get; init; }

    /// <summary>Context number while it runs.</summary>
    public int? Context { get; init; }

    /// <summary>prod, backup …; null where the conf file has no profiles.</summary>
    public string? Profile { get; init; }

    public string Hostname { get => field ?? ""; init; } = "";

    /// <summary>IPROOT's addresses, without device and prefix length.</summary>
    public IReadOnlyList<string> Addresses { get => field ?? []; init; } = [];

    public NetworkMode NetworkMode { get; init; }

    public bool OnBoot { get; init; }

    public int Priority { get; init; } = 100;

    /// <summary>As configured, else as found in the root; null where neither is known.</summary>
    public InitStyle? InitStyle { get; init; }

    /// <summary>PRETTY_NAME of the guest's os-release; empty where there is none.</summary>
    public string Distribution { get => field ?? ""; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    public int Processes { get; init; }

    public long VirtualBytes { get; init; }

    public long ResidentBytes { get; init; }

    /// <summary>Processor time of the vserver's processes since its start, in seconds.</summary>
    public double UserSeconds { get; init; }

    /// <summary>Kernel's part of it, in seconds.</summary>
    public double SystemSeconds { get; init; }

    public long? MemoryLimitBytes { get; init; }

    public int? ProcessLimit { get; init; }

    /// <summary>In processors: 0.5 is half of one.</summary>
    public double? ProcessorLimit { get; init; }

    /// <summary>Allocated bytes of the tree when it was last measured.</summary>
    public long? DiskBytes { get; init; }

    public DateTimeOffset? DiskMeasuredAt { get; init; }

    /// <summary>The host that it really is on, where this is a standby copy.</summary>
    public string? StandbyOf { get; init; }

    /// <summary>What is wrong with it, as a sentence.</summary>
    public string? Warning { get; init; }

    /// <summary>The job that works on it now.</summary>
    public string? JobId { get; init; }
}

/// <summary>A vserver that is no longer there.</summary>
public sealed record VServerGone(Guid Id, VServerName Name);

/// <summary>How a command that ran inside a vserver ended.</summary>
/// <param name="ExitCode">Its exit code; 128 plus the number of the signal that ended it.</param>
public sealed record CommandOutcome(int ExitCode);
