using VServerPanel.Native.Creation.Trees;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>What kind of entry it is.</summary>
internal enum TarEntryType
{
    File,
    HardLink,
    Symlink,
    Directory,
    Fifo,

    /// <summary>A device node: never made.</summary>
    Device,
}

/// <summary>An entry of a tar archive.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Name">Its name as it stands there.</param>
/// <param name="LinkName">What a link points to.</param>
/// <param name="Metadata">Owner, mode, time, attributes.</param>
/// <param name="Content">A file's content; to be read before the next entry is asked for.</param>
internal sealed record TarEntry(TarEntryType Type, string Name, string LinkName, EntryMetadata Metadata, FileContent? Content);
