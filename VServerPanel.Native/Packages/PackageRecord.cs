using System.Text.Json;
using System.Text.Json.Serialization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>What a package operation was to do and how it went in each vserver: <c>/var/lib/vservers/packages/OPERATION.json</c>, for <c>--retry</c>.</summary>
internal sealed record PackageRecord
{
    public required string Operation { get; init; }

    public required string Tool { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required bool Unifies { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required IReadOnlyList<VServerName> VServers { get; init; }

    /// <summary>Of those that are done.</summary>
    public IReadOnlyList<PackageOutcome> Outcomes { get; init; } = [];

    /// <summary>Those that it has not succeeded in, also because it was cut off.</summary>
    [JsonIgnore]
    public IReadOnlyList<VServerName> Unfinished => [.. VServers.Where(v => !Outcomes.Any(o => o.VServer == v && o.Outcome == OperationOutcome.Succeeded))];
}

/// <summary>Records of package operations, the latest hundred.</summary>
internal sealed class PackageRecords(HostPaths paths)
{
    private const int MostKept = 100;

    private string Directory => paths.State + "/packages";

    public PackageRecord? Find(string operation)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(operation)), PackageRecordJson.Default.PackageRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Save(PackageRecord record)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        DurableFile.Write(PathOf(record.Operation), JsonSerializer.SerializeToUtf8Bytes(record, PackageRecordJson.Default.PackageRecord), 0b110_000_000);
    }

    /// <summary>Removes the oldest beyond those that are kept.</summary>
    public void Prune()
    {
        foreach (var old in new DirectoryInfo(Directory).EnumerateFiles("*.json").OrderByDescending(f => f.LastWriteTimeUtc).Skip(MostKept))
        {
            old.Delete();
        }
    }

    private string PathOf(string operation) => $"{Directory}/{operation}.json";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PackageRecord))]
internal sealed partial class PackageRecordJson : JsonSerializerContext;
