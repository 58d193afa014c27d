namespace VServerPanel.Protocol;

/// <summary>A process of the host or of a vserver, as <c>vps --json</c> tells it.</summary>
/// <remarks>A pid is used again by later processes: <see cref="Pid"/> and <see cref="StartTicks"/> together name one process of this boot.</remarks>
public sealed record ProcessInfo
{
    /// <summary>On the host.</summary>
    public required int Pid { get; init; }

    /// <summary>When it started, in clock ticks after boot (proc(5), stat field 22): tells it from a later one with the same pid.</summary>
    public required long StartTicks { get; init; }

    /// <summary>As the vserver sees it; null for processes of the host.</summary>
    public int? InnerPid { get; init; }

    /// <summary>Pid of its parent on the host.</summary>
    public int Parent { get; init; }

    /// <summary>The vserver it belongs to, by its cgroup; null: the host, or a context that is no vserver's.</summary>
    public VServerName? VServer { get; init; }

    /// <summary>Context number; 0 is the host. Null where the number is not known (a vserver that is being started).</summary>
    public int? Context { get; init; }

    /// <summary>User id as its vserver sees it.</summary>
    public uint Uid { get; init; }

    /// <summary>That user's name in its vserver; the number where it has none.</summary>
    public string User { get => field ?? ""; init; } = "";

    /// <summary>One letter, as ps has it: R runs, S sleeps, D waits in the kernel, T stopped, Z ended and not yet looked after, I idle kernel thread.</summary>
    public string State { get => field ?? ""; init; } = "";

    /// <summary>Processor time since its start, in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Of one processor: since the look before in a stream, since its start in a single look.</summary>
    public double CpuPercent { get; init; }

    public long VirtualBytes { get; init; }

    public long ResidentBytes { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The program's name, up to 15 characters.</summary>
    public string Name { get => field ?? ""; init; } = "";

    /// <summary>Its words with blanks between them, without control characters, up to 4,096 characters; <c>[name]</c> where it has none (kernel threads).</summary>
    public string CommandLine { get => field ?? ""; init; } = "";
}

/// <summary>A process that has ended.</summary>
public sealed record ProcessGone(int Pid, long StartTicks);
