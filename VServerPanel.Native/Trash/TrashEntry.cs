using System.Text.Json.Serialization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>What is known of a vserver in the trash: <c>/var/lib/vservers/trash/ID/entry.json</c>.</summary>
internal sealed record TrashEntry
{
    /// <summary>That of the operation that deleted it.</summary>
    public required string Id { get; init; }

    public required VServerName Name { get; init; }

    /// <summary>Its stable id and the first id of its range; null where it had no entry in the registry.</summary>
    public Guid? VServerId { get; init; }

    public uint? IdBase { get; init; }

    public required DateTimeOffset DeletedAt { get; init; }

    public required DateTimeOffset PurgeAfter { get; init; }

    public required Actor DeletedBy { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(TrashEntry))]
internal sealed partial class TrashJson : JsonSerializerContext;
