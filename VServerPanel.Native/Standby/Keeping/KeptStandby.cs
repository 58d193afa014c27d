using System.Text.Json.Serialization;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby.Keeping;

/// <summary>A vserver of this host that a copy is kept of: <c>/var/lib/vservers/standby/ID.json</c>.</summary>
/// <param name="Id">32 hex digits; the same on both hosts.</param>
/// <param name="VServer">Its name when it was last written; it goes by the stable id.</param>
/// <param name="VServerId">Its stable id.</param>
/// <param name="Peer">Where the copy is.</param>
/// <param name="StartedAt">When it was begun.</param>
internal sealed record KeptStandby(string Id, VServerName VServer, Guid VServerId, string Peer, DateTimeOffset StartedAt)
{
    // a target that was away is asked again before a whole day is over
    private static readonly TimeSpan s_longestPauseAfterFailure = TimeSpan.FromMinutes(15);

    public int? IntervalMinutes { get; init; }

    public long? BytesPerSecond { get; init; }

    /// <summary>When the pass was begun that the copy is of; null where none has arrived whole.</summary>
    public DateTimeOffset? CompleteAsOf { get; init; }

    /// <summary>What has changed since then may not be at the target as it is, whatever sizes and times say: a moment before the pass that is complete, or before the first.</summary>
    public Moving.Copy.CopyMoment? CopiedSince { get; init; }

    public DateTimeOffset? LastTriedAt { get; init; }

    public long? Bytes { get; init; }

    public ProblemEvent? Problem { get; init; }

    /// <summary>When the copy was made the real one.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>When it was ended here.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public string? JobId { get; init; }

    /// <summary>When it is due; null where it is not copied by itself.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextAt => (IntervalMinutes, PromotedAt, EndedAt, LastTriedAt) switch
    {
        (null, _, _, _) or (_, not null, _, _) or (_, _, not null, _) => null,
        (_, _, _, null) => StartedAt,
        ({ } minutes, _, _, { } tried) when Problem is null => tried.AddMinutes(minutes),
        ({ } minutes, _, _, { } tried) => tried + (TimeSpan.FromMinutes(minutes) < s_longestPauseAfterFailure ? TimeSpan.FromMinutes(minutes) : s_longestPauseAfterFailure),
    };

    /// <summary>What the target knows it by.</summary>
    public IncomingRequest ToRequest(VServerName name, long bytes) => new(Id, name, VServerId, bytes);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptStandby))]
internal sealed partial class KeptStandbyJson : JsonSerializerContext;
