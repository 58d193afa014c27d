using System.Text.Json;
using System.Text.Json.Serialization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
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

    /// <summary>Their stable ids, in the same order; null for one that had none yet.</summary>
    public IReadOnlyList<Guid?> Ids { get; init; } = [];

    /// <summary>Those that had shared immutable files and were given files of their own for it.</summary>
    public IReadOnlyList<ThawedVServer> Thawed { get; init; } = [];

    /// <summary>What operations have changed that this one is a retry of.</summary>
    public IReadOnlyList<ChangedPackages> Earlier { get; init; } = [];

    /// <summary>Of those that are done.</summary>
    public IReadOnlyList<PackageOutcome> Outcomes { get; init; } = [];

    /// <summary>Those that it has not succeeded in, also because it was cut off, by the names they have now; null for one that is not there any more.</summary>
    public IReadOnlyList<(VServerName Then, VServerName? Now)> Unfinished(VServerRegistry registry)
    {
        var names = NamesById(registry);
        return [.. VServers.Index().Where(v => !Outcomes.Any(o => o.VServer == v.Item && o.Outcome == OperationOutcome.Succeeded)).Select(v => (v.Item, Now(v.Index, v.Item)))];

        VServerName? Now(int index, VServerName then) =>
            Ids.ElementAtOrDefault(index) is { } id ? names.TryGetValue(id, out var now) ? now : null
            : registry.Exists(then) ? then : null;
    }

    /// <summary>What it and those that it is a retry of have changed, also where they failed half way: what is to be unified again.</summary>
    public IReadOnlyList<ChangedPackages> Changed() =>
    [
        .. Earlier,
        .. Outcomes.Select(o => (Id: Ids.ElementAtOrDefault(VServers.Index().First(v => v.Item == o.VServer).Index), Outcome: o))
            .Where(c => c.Id is not null)
            .Select(c => new ChangedPackages(c.Id!.Value, ChangedPackages.NamesOf(c.Outcome), c.Outcome.Outcome == OperationOutcome.Succeeded)),
    ];

    /// <summary>The vservers of this host by their stable ids.</summary>
    public static IReadOnlyDictionary<Guid, VServerName> NamesById(VServerRegistry registry)
    {
        var names = new Dictionary<Guid, VServerName>();
        foreach (var name in registry.Names())
        {
            if (registry.IdOf(name) is { } id)
            {
                names.TryAdd(id, name);
            }
        }

        return names;
    }
}

/// <summary>What an operation has changed in a vserver.</summary>
/// <param name="VServer">Which.</param>
/// <param name="Names">Packages that were installed or got another version.</param>
/// <param name="HasSucceeded">Whether it was done there to its end.</param>
internal sealed record ChangedPackages(Guid VServer, IReadOnlyList<string> Names, bool HasSucceeded)
{
    /// <summary>Of one outcome: their names, without the architecture that a name has where there are several.</summary>
    public static IReadOnlyList<string> NamesOf(PackageOutcome outcome) =>
        [.. outcome.Changed.Where(c => c.After is not null).Select(c => c.Name.Split(':')[0]).Distinct(StringComparer.Ordinal)];
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
