using System.Text.Json;
using System.Text.Json.Serialization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>When and with whom a vserver was last unified: <c>/var/lib/vservers/unification/ID.json</c>.</summary>
internal sealed record UnificationState
{
    public required DateTimeOffset At { get; init; }

    /// <summary>The others, the reference first where this is not the reference itself.</summary>
    public required IReadOnlyList<VServerName> With { get; init; }

    public required VServerName Reference { get; init; }

    public required SharingMethod Method { get; init; }

    public required UnificationScope Scope { get; init; }

    /// <summary>By package: which; empty for all.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Directories that were excluded beside the usual, and those that were taken in.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <inheritdoc cref="Excluded"/>
    public IReadOnlyList<string> Included { get; init; } = [];

    /// <summary>Files that were shared then, and their allocated bytes.</summary>
    public required long FilesShared { get; init; }

    public required long BytesShared { get; init; }

    /// <summary>What is known of a vserver; null where it was never unified, or that cannot be read.</summary>
    public static UnificationState? Find(HostPaths paths, VServerRegistry registry, VServerName name)
    {
        return registry.IdOf(name) is { } id && File.Exists(PathOf(paths, id)) ? Read(PathOf(paths, id)) : null;
    }

    public void Save(HostPaths paths, VServerRegistry registry, VServerName name)
    {
        EnsureDirectory(paths);
        DurableFile.Write(PathOf(paths, registry.FindOrAdd(name).Id), JsonSerializer.SerializeToUtf8Bytes(this, UnificationJson.Default.UnificationState), 0b110_000_000);
    }

    /// <summary>Forgets it: its files are its own again.</summary>
    public static void Remove(HostPaths paths, VServerRegistry registry, VServerName name)
    {
        if (registry.IdOf(name) is { } id)
        {
            Remove(paths, id);
        }
    }

    /// <summary>Forgets it by the stable id.</summary>
    public static void Remove(HostPaths paths, Guid id)
    {
        if (File.Exists(PathOf(paths, id)))
        {
            File.Delete(PathOf(paths, id));
        }
    }

    /// <summary>Writes another name for a vserver wherever it is spoken of.</summary>
    public static void Rename(HostPaths paths, VServerName from, VServerName to)
    {
        foreach (var path in Directory.Exists(KnownFiles.DirectoryOf(paths)) ? Directory.EnumerateFiles(KnownFiles.DirectoryOf(paths), "*.json") : [])
        {
            if (Read(path) is { } state && (state.Reference == from || state.With.Contains(from)))
            {
                var renamed = state with { Reference = state.Reference == from ? to : state.Reference, With = [.. state.With.Select(v => v == from ? to : v)] };
                DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(renamed, UnificationJson.Default.UnificationState), 0b110_000_000);
            }
        }
    }

    public static void EnsureDirectory(HostPaths paths)
    {
        if (!Directory.Exists(KnownFiles.DirectoryOf(paths)))
        {
            Directory.CreateDirectory(KnownFiles.DirectoryOf(paths), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // one that cannot be read is not known
    private static UnificationState? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), UnificationJson.Default.UnificationState);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string PathOf(HostPaths paths, Guid id) => $"{KnownFiles.DirectoryOf(paths)}/{id:d}.json";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(UnificationState))]
internal sealed partial class UnificationJson : JsonSerializerContext;
