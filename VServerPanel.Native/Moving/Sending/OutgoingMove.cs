using System.Text.Json.Serialization;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>How a move stands at its source. Copying → HandedOver → Kept → Purged; from all but the last → TakenBack.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<OutgoingState>))]
internal enum OutgoingState
{
    /// <summary>The vserver is here; the target may have a tree, and was never told to make a vserver of it.</summary>
    Copying = 0,

    /// <summary>The target has been or may have been told: only it knows where the vserver is. Nothing is here that could be started.</summary>
    HandedOver = 1,

    /// <summary>The vserver is at the target; tree and records are kept here.</summary>
    Kept = 2,

    /// <summary>The vserver is here; the target can never make one of this move.</summary>
    TakenBack = 3,

    /// <summary>The vserver is at the target, and nothing but this record is here.</summary>
    Purged = 4,
}

/// <summary>What a user asked for.</summary>
internal sealed record MoveChoices(long? BytesPerSecond, bool Checksums, int KeepDays, bool Start, bool Unify = false);

/// <summary>What this host knows of a move from here: <c>/var/lib/vservers/moves/ID.json</c>, written durably before each step that it tells of.</summary>
internal sealed record OutgoingMove(string Id, VServerName VServer, Guid VServerId, string Peer, MoveChoices Choices, DateTimeOffset StartedAt)
{
    public OutgoingState State { get; init; }

    public string? JobId { get; init; }

    /// <summary>Whether it ran when the move stopped it.</summary>
    public bool WasRunning { get; init; }

    public long? Bytes { get; init; }

    /// <summary>What has changed since then may not be at the target as it is, whatever sizes and times say: a moment before the first pass.</summary>
    public Copy.CopyMoment? CopiedSince { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>What belongs to it beside its tree, from before the hand-over on.</summary>
    public RetiredFiles? Files { get; init; }

    public ProblemEvent? Problem { get; init; }

    /// <summary>Whether its vserver has left this host by it, or may have.</summary>
    [JsonIgnore]
    public bool HasLeft => State is OutgoingState.HandedOver or OutgoingState.Kept or OutgoingState.Purged;

    /// <summary>What the target knows it by.</summary>
    public IncomingRequest ToRequest() => new(Id, VServer, VServerId, Bytes ?? 0);
}

/// <summary>Small files of a vserver that is handed over.</summary>
internal sealed record RetiredFiles(byte[] Conf, byte[]? Hook, uint HookMode, RegistryEntry Registry);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OutgoingMove))]
internal sealed partial class OutgoingJson : JsonSerializerContext;
