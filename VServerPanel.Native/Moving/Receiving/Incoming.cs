using System.Text.Json.Serialization;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>What a source asks for: a place for the tree of a vserver.</summary>
/// <param name="MoveId">32 hex digits, the source's choice; the same on both hosts.</param>
/// <param name="VServer">Its name.</param>
/// <param name="VServerId">Its stable id.</param>
/// <param name="Bytes">Room that it will take.</param>
internal sealed record IncomingRequest(string MoveId, VServerName VServer, Guid VServerId, long Bytes)
{
    private const int IdLength = 32;

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
}

/// <summary>What this host knows of a tree that a peer sends: <c>/var/lib/vservers/incoming/ID.json</c>.</summary>
internal sealed record Incoming(IncomingRequest Request, string Peer, IncomingState State, DateTimeOffset StartedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Incoming))]
[JsonSerializable(typeof(IncomingRequest))]
internal sealed partial class IncomingJson : JsonSerializerContext;
