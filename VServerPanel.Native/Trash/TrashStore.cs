using System.Globalization;
using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>The vservers in the trash: <c>trash/ID</c> with all that belongs to one, <c>/vservers/.trash/ID</c> its tree.</summary>
/// <remarks>A directory has its id as name only while it is wholly in the trash: <c>.new-ID</c> on the way in, <c>.gone-ID</c> on the way out.</remarks>
internal sealed class TrashStore(HostPaths paths)
{
    private const string EntryFile = "entry.json";
    private const string SizeFile = "bytes";
    private const int ShortestPrefix = 4;

    public string DirectoryOf(string id) => $"{paths.Trash}/{id}";

    /// <summary>While it is put together.</summary>
    public string NewDirectoryOf(string id) => $"{paths.Trash}/.new-{id}";

    /// <summary>While it is removed for good, or emptied by a restore.</summary>
    public string GoneDirectoryOf(string id) => $"{paths.Trash}/.gone-{id}";

    public string TreeOf(string id) => $"{paths.TrashTrees}/{id}";

    /// <summary>All of them, the latest first.</summary>
    public IReadOnlyList<TrashEntry> List() =>
        [.. Directories().Where(d => !Path.GetFileName(d).StartsWith('.')).Select(TryRead).OfType<TrashEntry>().OrderByDescending(e => e.DeletedAt)];

    public TrashEntry? Find(string id) => Directory.Exists(DirectoryOf(id)) ? TryRead(DirectoryOf(id)) : null;

    /// <summary>The one that is meant by an id, the name it had, or the beginning of an id.</summary>
    /// <exception cref="ProblemException">NotFound; InvalidArgument: several are.</exception>
    public TrashEntry Require(string word)
    {
        var all = List();
        IReadOnlyList<TrashEntry> found = [.. all.Where(e => e.Id == word)];
        found = found.Count > 0 ? found : [.. all.Where(e => e.Name.Value == word)];
        found = found.Count > 0 || word.Length < ShortestPrefix ? found : [.. all.Where(e => e.Id.StartsWith(word, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new ProblemException(ProblemCode.NotFound, $"Nothing in the trash is called '{word}'. 'vserver-trash list' shows what is there."),
            _ => throw new ProblemException(ProblemCode.InvalidArgument, $"'{word}' is more than one of those in the trash: {string.Join(", ", found.Select(e => e.Id))}. Give the id."),
        };
    }

    public static void Save(TrashEntry entry, string directory) =>
        DurableFile.Write($"{directory}/{EntryFile}", JsonSerializer.SerializeToUtf8Bytes(entry, TrashJson.Default.TrashEntry), 0b110_000_000);

    /// <summary>What purging it frees, as last measured; null where it never was.</summary>
    public long? SizeOf(string id)
    {
        try
        {
            return long.TryParse(File.ReadAllText($"{DirectoryOf(id)}/{SizeFile}"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void SaveSize(string id, long bytes)
    {
        try
        {
            File.WriteAllText($"{DirectoryOf(id)}/{SizeFile}", bytes.ToString(CultureInfo.InvariantCulture));
        }
        catch (DirectoryNotFoundException)
        {
            // restored or purged meanwhile
        }
    }

    /// <summary>First ids of the ranges of all that are in the trash, on their way in or out of it.</summary>
    /// <exception cref="ProblemException">InputOutput: one cannot be read, so its range is not known.</exception>
    public IEnumerable<uint> TakenRanges() => Directories().Select(Read).Select(e => e?.IdBase).OfType<uint>();

    private IEnumerable<string> Directories() => Directory.Exists(paths.Trash) ? [.. Directory.EnumerateDirectories(paths.Trash)] : [];

    private static TrashEntry? TryRead(string directory)
    {
        try
        {
            return Read(directory);
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    private static TrashEntry? Read(string directory)
    {
        var path = $"{directory}/{EntryFile}";
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TrashJson.Default.TrashEntry);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // nothing has been moved there yet, or all of it is gone
            return null;
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InputOutput, $"'{path}' is damaged ({e.Message}). Restore it from a backup: it holds an id range. If nothing of '{directory}' is needed any more, remove that directory.", e, path);
        }
    }
}
