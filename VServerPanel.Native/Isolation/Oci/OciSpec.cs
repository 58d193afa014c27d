using System.Text.Json.Serialization;

namespace VServerPanel.Native.Isolation.Oci;

/// <summary>What we use of the OCI runtime specification 1.0 (config.md, config-linux.md).</summary>
internal sealed record OciSpec
{
    public string OciVersion { get; init; } = "1.0.2";

    public required OciProcess Process { get; init; }

    public required OciRoot Root { get; init; }

    public required string Hostname { get; init; }

    public required IReadOnlyList<OciMount> Mounts { get; init; }

    public required OciLinux Linux { get; init; }
}

internal sealed record OciRoot(string Path, bool Readonly = false);

/// <summary>A process: the first one of a vserver, or one of <c>exec</c>.</summary>
internal sealed record OciProcess
{
    public bool Terminal { get; init; }

    public required OciUser User { get; init; }

    public required IReadOnlyList<string> Args { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public string Cwd { get; init; } = "/";

    public required OciCapabilities Capabilities { get; init; }

    public IReadOnlyList<OciRlimit> Rlimits { get; init; } = [];

    public bool NoNewPrivileges { get; init; }
}

internal sealed record OciUser(uint Uid, uint Gid, IReadOnlyList<uint>? AdditionalGids = null);

/// <summary>Nothing is inheritable or ambient: set-user-id programs work by the bounding set.</summary>
internal sealed record OciCapabilities(IReadOnlyList<string> Bounding, IReadOnlyList<string> Effective, IReadOnlyList<string> Permitted);

internal sealed record OciRlimit(string Type, ulong Soft, ulong Hard);

internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

internal sealed record OciLinux
{
    public required IReadOnlyList<OciNamespace> Namespaces { get; init; }

    public required IReadOnlyList<OciIdMapping> UidMappings { get; init; }

    public required IReadOnlyList<OciIdMapping> GidMappings { get; init; }

    public required string CgroupsPath { get; init; }

    public required OciResources Resources { get; init; }

    public required OciSeccomp Seccomp { get; init; }

    public required IReadOnlyList<string> MaskedPaths { get; init; }

    public required IReadOnlyList<string> ReadonlyPaths { get; init; }
}

internal sealed record OciNamespace(string Type);

internal sealed record OciIdMapping([property: JsonPropertyName("containerID")] uint ContainerId, [property: JsonPropertyName("hostID")] uint HostId, uint Size);

internal sealed record OciResources
{
    public IReadOnlyList<OciDeviceRule> Devices { get; init; } = [new OciDeviceRule(false, "rwm")];

    public OciMemory? Memory { get; init; }

    public OciPids? Pids { get; init; }

    public OciCpu? Cpu { get; init; }
}

internal sealed record OciDeviceRule(bool Allow, string Access);

/// <param name="Limit">Bytes.</param>
/// <param name="Swap">Memory and swap together, bytes.</param>
internal sealed record OciMemory(long Limit, long? Swap);

internal sealed record OciPids(long Limit);

/// <param name="Quota">Microseconds of processor time in a period.</param>
/// <param name="Period">Microseconds.</param>
internal sealed record OciCpu(long Quota, ulong Period);

internal sealed record OciSeccomp(string DefaultAction, IReadOnlyList<string> Architectures, IReadOnlyList<OciSyscallRule> Syscalls);

/// <summary>Refuses system calls with an errno; with several arguments, all must match.</summary>
internal sealed record OciSyscallRule(IReadOnlyList<string> Names, uint ErrnoRet, IReadOnlyList<OciSyscallArgument>? Args = null)
{
    // part of the JSON, the same in every rule of ours
#pragma warning disable CA1822
    public string Action => "SCMP_ACT_ERRNO";
#pragma warning restore CA1822
}

/// <param name="Index">Which argument, from 0.</param>
/// <param name="Value">To compare with; the mask for SCMP_CMP_MASKED_EQ.</param>
/// <param name="Op">SCMP_CMP_EQ, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ.</param>
/// <param name="ValueTwo">What the masked argument must equal.</param>
internal sealed record OciSyscallArgument(uint Index, ulong Value, string Op, ulong? ValueTwo = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OciSpec))]
[JsonSerializable(typeof(OciProcess))]
internal sealed partial class OciJson : JsonSerializerContext;
