using System.Text.Json.Serialization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Receiving;

/// <summary>A copy that a peer keeps on this host: <c>/var/lib/vservers/standby/copies/ID.json</c>.</summary>
/// <param name="Id">32 hex digits, the source's choice; the same on both hosts.</param>
/// <param name="VServer">Its name at the source when it was begun. Here it goes by the registry's.</param>
/// <param name="VServerId">Its stable id.</param>
/// <param name="Peer">The source.</param>
/// <param name="StartedAt">When it was begun.</param>
internal sealed record KeptCopy(string Id, VServerName VServer, Guid VServerId, string Peer, DateTimeOffset StartedAt)
{
    /// <summary>When the pass was begun that the copy is of; null where none has arrived whole.</summary>
    public DateTimeOffset? CompleteAsOf { get; init; }

    public DateTimeOffset? LastTriedAt { get; init; }

    /// <summary>Bytes of the complete copy.</summary>
    public long? Bytes { get; init; }

    /// <summary>When it was made the real one: its source may not write to it any more.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>When the source ended it, or began another one.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The boot in which the next copy was begun: after a power cut, what was written before it cannot be trusted to be what its sizes and times say.</summary>
    public string? BootId { get; init; }

    /// <summary>Whether the source may write to it.</summary>
    [JsonIgnore]
    public bool IsOpen => PromotedAt is null && EndedAt is null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptCopy))]
internal sealed partial class KeptCopyJson : JsonSerializerContext;
