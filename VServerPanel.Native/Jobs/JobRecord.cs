using System.Text.Json.Serialization;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Jobs;

/// <summary>A job as its file has it: what is told, and how its process is known again.</summary>
internal sealed record JobRecord(JobInfo Info, long ProcessStart, string BootId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobRecord))]
internal sealed partial class JobJson : JsonSerializerContext;
