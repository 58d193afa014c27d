using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>Writes the entries of an archive into a tree.</summary>
internal static class Unpacking
{
    public static void Run(TarArchive archive, TreeWriter writer, BuildWork work)
    {
        long devices = 0;
        while (archive.Next() is { } entry)
        {
            work.Cancel.ThrowIfCancellationRequested();
            devices += entry.Type == TarEntryType.Device ? 1 : 0;
            Write(entry, writer);
        }

        writer.FinishDirectories();
        if (devices > 0)
        {
            work.Report.Info($"{devices} device node{(devices == 1 ? " was" : "s were")} left out: a vserver's /dev is made at its start.");
        }

        if (archive.LostAcls > 0)
        {
            work.Report.Warn($"{archive.LostAcls} ACLs name their users without numbers and were left out.");
        }
    }

    public static void Write(TarEntry entry, TreeWriter writer)
    {
        switch (entry.Type)
        {
            case TarEntryType.File:
                writer.AddFile(entry.Name, entry.Metadata, entry.Content!);
                break;
            case TarEntryType.HardLink:
                writer.AddHardLink(entry.Name, entry.LinkName);
                break;
            case TarEntryType.Symlink:
                writer.AddSymlink(entry.Name, entry.Metadata, entry.LinkName);
                break;
            case TarEntryType.Directory:
                writer.AddDirectory(entry.Name, entry.Metadata);
                break;
            case TarEntryType.Fifo:
                writer.AddFifo(entry.Name, entry.Metadata);
                break;
            default:
                break;
        }
    }
}
