using System.Text.Json.Serialization;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>How far the life of a vserver is. Written to disk: append only.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<RunStage>))]
internal enum RunStage
{
    Starting = 0,
    Running = 1,
    Stopping = 2,
}

/// <summary>A process that is told from a later one with the same pid.</summary>
internal sealed record ProcessMark(int Pid, long Start)
{
    public static ProcessMark Of(int pid) => new(pid, ProcessIdentity.StartOf(pid));

    public bool IsAlive(string bootId) => ProcessIdentity.IsAlive(Pid, Start, bootId);
}

/// <summary>What is known of a vserver that was started: <c>/var/run/vservers/NAME/state.json</c>.</summary>
/// <remarks>/var/run may be on disk and outlive a boot: nothing in here is believed without the processes it names.</remarks>
internal sealed record RunState
{
    /// <summary>Tells one life from the next: the monitor's exit command names the one it is about.</summary>
    public required string Generation { get; init; }

    public required string BootId { get; init; }

    public required RunStage Stage { get; init; }

    /// <summary>The command that starts or stops it now.</summary>
    public required ProcessMark Owner { get; init; }

    public required InitStyle Style { get; init; }

    public required NetworkMode Network { get; init; }

    /// <summary>0 until it has one.</summary>
    public int Context { get; init; }

    public string? Profile { get; init; }

    public ProcessMark? Monitor { get; init; }

    /// <summary>Process 1 of the vserver, by its pid on the host.</summary>
    public ProcessMark? Init { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it rebooted itself lately.</summary>
    public IReadOnlyList<DateTimeOffset> Reboots { get; init; } = [];

    /// <summary>The host's mount namespace at the start, as <c>mnt:[4026531832]</c>: hook scripts of the end belong there.</summary>
    public string MountNamespace { get; init; } = "";

    /// <summary>Addresses that the start put on devices, and only those: they are taken off again.</summary>
    public IReadOnlyList<AssignedAddress> Addresses { get; init; } = [];

    /// <summary>The host's end of its link to a bridge.</summary>
    public HostEnd? HostEnd { get; init; }

    /// <summary>Whether it was started with --nodev: no address is put on a device or taken off for it.</summary>
    public bool LeavesDevices { get; init; }

    /// <summary>All addresses that no other vserver may have meanwhile (<see cref="Configuration.VServerConf.AddressClaims"/>).</summary>
    public IReadOnlyList<string> Claims { get; init; } = [];

    /// <summary>Capabilities, limits and niceness of its processes, for those that <c>exec</c> adds.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public IReadOnlyList<Isolation.Oci.OciRlimit> Rlimits { get; init; } = [];

    public int Nice { get; init; }

    /// <summary>Whether shares can be mounted and unmounted while it runs: it has no means to do so itself.</summary>
    public bool SharesFollow { get; init; }

    /// <summary>What the start could not do and what that costs, as a sentence.</summary>
    public string? Warning { get; init; }

    /// <summary>Whether process 1 lives.</summary>
    [JsonIgnore]
    public bool IsAlive => Init?.IsAlive(BootId) == true;

    /// <summary>Whether the command that is at work on it lives.</summary>
    [JsonIgnore]
    public bool IsOwned => Owner.IsAlive(BootId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;
