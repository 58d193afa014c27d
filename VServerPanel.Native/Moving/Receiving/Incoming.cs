using System.Text.Json.Serialization;
using VServerPanel.Native.Moving.Verifying;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>What a source says with each of its words: which move it means, and what that is about.</summary>
/// <param name="MoveId">32 hex digits, the source's choice; the same on both hosts.</param>
/// <param name="VServer">Its name.</param>
/// <param name="VServerId">Its stable id.</param>
/// <param name="Bytes">Room that it will take.</param>
internal sealed record IncomingRequest(string MoveId, VServerName VServer, Guid VServerId, long Bytes)
{
    private const int IdLength = 32;

    /// <summary>Its conf file: with <c>probe</c>, <c>begin</c> and <c>activate</c>.</summary>
    public byte[]? Conf { get; init; }

    /// <summary>When it was made: with <c>activate</c>.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Whether contents are compared, too: with <c>measure</c>.</summary>
    public bool Checksums { get; init; }

    /// <summary>When the pass was begun: with <c>standby-complete</c>.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>It came from another host.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public IncomingRequest Checked()
    {
        CheckId(MoveId);
        return VServerName.TryParse(VServer.ToString(), out _) && VServerId != Guid.Empty && Bytes >= 0 ? this : throw new ProblemException(ProblemCode.InvalidArgument, "A move names a vserver, its id and its size.");
    }

    /// <summary>An id becomes the name of a directory.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static string CheckId(string id) => id.Length == IdLength && id.All(char.IsAsciiHexDigitLower)
        ? id
        : throw new ProblemException(ProblemCode.InvalidArgument, "The id of a move has 32 hexadecimal digits.");

    /// <summary>Without what differs from word to word of the same move.</summary>
    public IncomingRequest Bare() => new(MoveId, VServer, VServerId, Bytes);
}

/// <summary>How far an incoming tree is.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<IncomingState>))]
internal enum IncomingState
{
    /// <summary>Its tree may be written by the peer.</summary>
    Receiving = 0,

    /// <summary>The source has it back: this id is refused for ever.</summary>
    TakenBack = 1,

    /// <summary>It is a vserver of this host: the source cannot have it back.</summary>
    Activated = 2,
}

/// <summary>What this host knows of a tree that a peer sends: <c>/var/lib/vservers/incoming/ID.json</c>.</summary>
internal sealed record Incoming(IncomingRequest Request, string Peer, IncomingState State, DateTimeOffset StartedAt)
{
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The boot in which its tree was begun.</summary>
    public string? BootId { get; init; }
}

/// <summary>What the target answers.</summary>
internal sealed record IncomingAnswer
{
    /// <summary>Null where it does not know the move.</summary>
    public IncomingState? State { get; init; }

    /// <summary>Whether a vserver with the id of the move's is there.</summary>
    public bool IsThere { get; init; }

    public IReadOnlyList<MoveCheck>? Checks { get; init; }

    public long? BytesFree { get; init; }

    public TreeFingerprint? Fingerprint { get; init; }

    /// <summary>The job that was begun.</summary>
    public string? JobId { get; init; }

    /// <summary>Whether what lies there was written before a power cut: sizes and times may be on disk, and contents not, so that the next pass has to compare contents.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>Whether nothing lies there, and nobody writes. Null: of a host that takes whole passes only.</summary>
    public bool? IsNew { get; init; }

    /// <summary>Of a copy that is kept there: what it is of; null where none is whole yet.</summary>
    public DateTimeOffset? CompleteAsOf { get; init; }

    /// <summary>Of a copy that was kept there: when it was made the real one.</summary>
    public DateTimeOffset? PromotedAt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Incoming))]
[JsonSerializable(typeof(IncomingRequest))]
[JsonSerializable(typeof(IncomingAnswer))]
internal sealed partial class IncomingJson : JsonSerializerContext;
