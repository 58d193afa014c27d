using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Trash;

/// <summary>What the trash shows of each.</summary>
internal sealed class TrashListing(Invocation call)
{
    private readonly TrashStore _store = new(call.Paths);

    /// <param name="measures">Whether their sizes are measured now; else they are as last measured.</param>
    public IEnumerable<TrashItem> Items(bool measures)
    {
        foreach (var entry in _store.List())
        {
            if (measures && Directory.Exists(_store.TreeOf(entry.Id)))
            {
                _store.SaveSize(entry.Id, TreeMeasure.Measure(_store.TreeOf(entry.Id), call.Cancel).OwnBytes);
            }

            yield return Describe(entry);
        }
    }

    private TrashItem Describe(TrashEntry entry)
    {
        var (file, conf) = Read($"{_store.DirectoryOf(entry.Id)}/{TrashFiles.Conf}");
        return new TrashItem(
            entry.Id,
            entry.Name,
            entry.VServerId,
            entry.DeletedAt,
            entry.PurgeAfter,
            entry.DeletedBy,
            [.. conf.Addresses.Select(a => a.Address.ToString())],
            conf.OnBoot,
            _store.SizeOf(entry.Id),
            NamePlace.Taken(call.Paths, entry.Name) is not null,
            file is null ? [] : TrashClashes.Of(call.Paths, call.Registry, file),
            conf.Description);
    }

    private static (ConfFile? File, VServerConf Conf) Read(string path)
    {
        try
        {
            var file = ConfFile.Read(path);
            return (file, VServerConf.From(file).Conf);
        }
        catch (Exception e) when (e is IOException or ErrnoException or ProblemException)
        {
            // it had none, or a broken one
            return (null, new VServerConf());
        }
    }
}
