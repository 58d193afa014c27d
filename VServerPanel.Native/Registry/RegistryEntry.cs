using System.Text.Json.Serialization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Registry;

/// <summary>What the host knows of a vserver beside its conf file.</summary>
internal sealed record RegistryEntry
{
    /// <summary>Stays the same through renames and moves.</summary>
    public required Guid Id { get; init; }

    public required VServerName Name { get; init; }

    /// <summary>First id of its range on the host; the guest's id 0.</summary>
    public required uint IdBase { get; init; }

    /// <summary>How many ids it has.</summary>
    public required uint IdCount { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The host that it really is on, where this is a standby copy: then it is not started. Null where it is the real one.</summary>
    public string? StandbyOf { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RegistryEntry))]
internal sealed partial class RegistryJson : JsonSerializerContext;
