using VServerPanel.Native.Creation.Tar;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Creation.Oci;

/// <summary>Applies one layer to the tree: its entries, and its whiteouts, which remove what earlier layers made, and only that (OCI image
/// specification, "Image Layer Filesystem Changeset").</summary>
internal sealed class LayerWriter(TreeWriter writer)
{
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueName = ".wh..wh..opq";

    // what this layer has made, with the directories above it: its whiteouts do not concern them, in whatever order they stand
    private readonly HashSet<string> _made = [];

    public void Apply(TarArchive archive, BuildWork work)
    {
        long devices = 0;
        while (archive.Next() is { } entry)
        {
            work.Cancel.ThrowIfCancellationRequested();
            var parts = TreeWriter.Components(entry.Name);
            var name = parts.Count == 0 ? "" : parts[^1];
            var parent = string.Join('/', parts.SkipLast(1));
            if (name == OpaqueName)
            {
                writer.RemoveContent(parent, _made);
            }
            else if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            {
                var path = parent.Length == 0 ? name[WhiteoutPrefix.Length..] : $"{parent}/{name[WhiteoutPrefix.Length..]}";
                if (!_made.Contains(path))
                {
                    writer.Remove(path);
                }
            }
            else
            {
                devices += entry.Type == TarEntryType.Device ? 1 : 0;
                Unpacking.Write(entry, writer);
                for (var i = parts.Count; i > 0 && _made.Add(string.Join('/', parts.Take(i))); i--)
                {
                }
            }
        }

        writer.FinishDirectories();
        if (devices > 0)
        {
            work.Report.Info($"{devices} device node{(devices == 1 ? " was" : "s were")} left out: a vserver's /dev is made at its start.");
        }
    }
}
