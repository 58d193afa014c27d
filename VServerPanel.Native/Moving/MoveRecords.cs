using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving;

/// <summary>Records of moves, <c>ID.json</c> in a directory of their own. One that is saved is on disk before the step that it tells of.</summary>
internal sealed class MoveRecords<T>(string directory, JsonTypeInfo<T> type)
    where T : class
{
    /// <summary>All of them, in no order.</summary>
    /// <param name="onDamaged">Told of one that cannot be read, which is left out. Null where no decision can be made without it.</param>
    /// <exception cref="ProblemException">InputOutput: one is damaged.</exception>
    public IEnumerable<T> All(Action<ProblemException>? onDamaged = null) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => n.Length > 0 && n[0] != '.').Select(n => Find(n, onDamaged)).OfType<T>()
        : [];

    /// <exception cref="ProblemException">InputOutput: it is damaged; InvalidArgument: it is no id.</exception>
    public T? Find(string moveId)
    {
        var file = FileOf(IncomingRequest.CheckId(moveId));
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InputOutput, $"'{file}' is damaged ({e.Message}). Restore it from a backup; or remove it, if the move or copy that it was of is over.", e, file);
        }
    }

    private T? Find(string name, Action<ProblemException>? onDamaged)
    {
        try
        {
            return Find(name);
        }
        catch (ProblemException e) when (onDamaged is not null)
        {
            onDamaged(e.Code == ProblemCode.InputOutput ? e : new ProblemException(ProblemCode.InputOutput, $"'{FileOf(name)}' is no record: its name is no id.", e, FileOf(name)));
            return null;
        }
    }

    public void Save(string moveId, T record)
    {
        DurableFile.MakePrivateDirectory(directory);
        FaultPoint.Reach();
        DurableFile.Write(FileOf(moveId), JsonSerializer.SerializeToUtf8Bytes(record, type), 0b110_000_000);
        FaultPoint.Reach();
    }

    private string FileOf(string moveId) => $"{directory}/{moveId}.json";
}
