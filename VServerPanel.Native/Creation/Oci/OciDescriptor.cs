using System.Text.Json.Serialization;

namespace VServerPanel.Native.Creation.Oci;

/// <summary>OCI image specification, "Content Descriptors": what a blob is, and its digest and size.</summary>
internal sealed record OciDescriptor
{
    public string MediaType { get; init; } = "";

    public string Digest { get; init; } = "";

    public long Size { get; init; }

    public OciPlatform? Platform { get; init; }

    public Dictionary<string, string>? Annotations { get; init; }
}

/// <summary>The machine that an image is for.</summary>
internal sealed record OciPlatform(string Architecture, string Os, string? Variant = null);

/// <summary>index.json and image indexes.</summary>
internal sealed record OciIndex
{
    public int SchemaVersion { get; init; }

    public IReadOnlyList<OciDescriptor> Manifests { get; init; } = [];
}

/// <summary>An image manifest.</summary>
internal sealed record OciManifest
{
    public OciDescriptor? Config { get; init; }

    public IReadOnlyList<OciDescriptor> Layers { get; init; } = [];
}

/// <summary>An image's configuration.</summary>
internal sealed record OciImage
{
    public string Architecture { get; init; } = "";

    public string Os { get; init; } = "";

    public OciImageSettings? Config { get; init; }
}

/// <summary>What a container of the image would run; a vserver has its own init.</summary>
internal sealed record OciImageSettings
{
    // upper case in the specification
    [JsonPropertyName("User")]
    public string? User { get; init; }

    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciImage))]
internal sealed partial class OciImageJson : JsonSerializerContext;
