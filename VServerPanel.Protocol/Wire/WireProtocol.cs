using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace VServerPanel.Protocol;

/// <summary>The wire: JSON objects, one a line, UTF-8, camelCase, absent where null.</summary>
public static class WireProtocol
{
    /// <summary>Raised when a reader of the old version would misread the new one.</summary>
    public const int Version = 1;

    /// <summary>One line, without its newline.</summary>
    public static string Write(WireEvent wireEvent) => JsonSerializer.Serialize(wireEvent, WireJson.Default.WireEvent);

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">It is not a line of this protocol.</exception>
    public static WireEvent Read(ReadOnlySpan<char> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, WireJson.Default.WireEvent) ?? throw new JsonException("null is not a line of the wire protocol");
        }
        catch (NotSupportedException e)
        {
            // so System.Text.Json calls an object without a type
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>Puts <paramref name="value"/> into an item's or result's data.</summary>
    public static JsonElement ToElement<T>(T value) => JsonSerializer.SerializeToElement(value, TypeInfo<T>());

    /// <summary>Takes a value out of an item's or result's data.</summary>
    /// <exception cref="JsonException">It is not a <typeparamref name="T"/>.</exception>
    public static T FromElement<T>(JsonElement element) =>
        element.Deserialize(TypeInfo<T>()) ?? throw new JsonException($"null is not a {typeof(T).Name}");

    private static JsonTypeInfo<T> TypeInfo<T>() =>
        WireJson.Default.GetTypeInfo(typeof(T)) as JsonTypeInfo<T> ?? throw new NotSupportedException($"{typeof(T).Name} is not a type of the wire; add it to WireJson");
}

/// <summary>Source-generated serializers of all that goes over the wire or into state files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(WireEvent))]
[JsonSerializable(typeof(VServerStatus))]
[JsonSerializable(typeof(VServerGone))]
[JsonSerializable(typeof(HostReport))]
[JsonSerializable(typeof(HostCapability))]
[JsonSerializable(typeof(JobInfo))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JournalPosition))]
[JsonSerializable(typeof(PlanStep))]
[JsonSerializable(typeof(OperationPlan))]
[JsonSerializable(typeof(BuildSource))]
[JsonSerializable(typeof(DeleteOutcome))]
[JsonSerializable(typeof(TrashItem))]
[JsonSerializable(typeof(SharedDirectory))]
[JsonSerializable(typeof(RestoreOutcome))]
[JsonSerializable(typeof(PurgeOutcome))]
[JsonSerializable(typeof(ConfDocument))]
[JsonSerializable(typeof(DiffLine))]
[JsonSerializable(typeof(ConfCheck))]
[JsonSerializable(typeof(CommandOutcome))]
[JsonSerializable(typeof(TerminalCommand))]
[JsonSerializable(typeof(TerminalOutput))]
[JsonSerializable(typeof(ProcessInfo))]
[JsonSerializable(typeof(ProcessGone))]
[JsonSerializable(typeof(UnificationPlan))]
[JsonSerializable(typeof(SkippedFiles))]
[JsonSerializable(typeof(UnificationOutcome))]
[JsonSerializable(typeof(DiskShare))]
[JsonSerializable(typeof(DiskSummary))]
[JsonSerializable(typeof(SharingAnswer))]
[JsonSerializable(typeof(PackageInfo))]
[JsonSerializable(typeof(PackageOutcome))]
[JsonSerializable(typeof(PackageDifference))]
[JsonSerializable(typeof(MovePlan))]
[JsonSerializable(typeof(MoveProgress))]
[JsonSerializable(typeof(MoveOutcome))]
[JsonSerializable(typeof(MoveInfo))]
[JsonSerializable(typeof(PeerInfo))]
[JsonSerializable(typeof(AllowedPeer))]
[JsonSerializable(typeof(HostKeys))]
[JsonSerializable(typeof(PeerReport))]
[JsonSerializable(typeof(StandbyInfo))]
[JsonSerializable(typeof(StandbyOutcome))]
[JsonSerializable(typeof(PromotePlan))]
[JsonSerializable(typeof(PromoteOutcome))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class WireJson : JsonSerializerContext;
