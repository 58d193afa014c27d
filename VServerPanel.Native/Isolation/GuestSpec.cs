using VServerPanel.Native.Isolation.Oci;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>What the isolation of one vserver is made from.</summary>
internal sealed record GuestSpec
{
    public required string Hostname { get; init; }

    /// <summary>As crun's cgroupsPath has it.</summary>
    public required string Cgroup { get; init; }

    /// <summary>Where the idmapped root is mounted in the private mount namespace.</summary>
    public required string RootPath { get; init; }

    /// <summary>The host's id for the guest's 0.</summary>
    public required uint IdBase { get; init; }

    public required uint IdCount { get; init; }

    public required InitStyle Style { get; init; }

    public required NetworkMode Network { get; init; }

    /// <summary>With CAP_.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    public IReadOnlyList<OciRlimit> Rlimits { get; init; } = [];

    /// <summary>Bytes.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Whether this kernel counts swap, so that the memory limit can keep the guest from filling it.</summary>
    public bool LimitsSwap { get; init; }

    public int? PidsLimit { get; init; }

    /// <summary>Processors.</summary>
    public double? CpuLimit { get; init; }

    public bool MayNest { get; init; }

    /// <summary>The reaper that is process 1 of style sysv, on the host.</summary>
    public string? Reaper { get; init; }
}
