using System.Runtime.InteropServices;

namespace VServerPanel.Native.Unification.Scanning;

/// <summary>A regular file that may be shared, as the scan saw it: 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileRow
{
    public ulong Inode;
    public long Size;
    public long ModifySeconds;
    public long ChangeSeconds;
    public uint ModifyNanoseconds;
    public uint ChangeNanoseconds;

    /// <summary>Index of its directory.</summary>
    public int Directory;

    /// <summary>Position of its name.</summary>
    public int Name;
    public uint Uid;
    public uint Gid;
    public uint Links;

    /// <summary>Allocated units of 512 bytes.</summary>
    public uint Blocks;

    /// <summary>Files of one group have been compared with each other …</summary>
    public uint Group;

    /// <summary>… and those of one class in it have the same content.</summary>
    public uint Class;
    public ushort Mode;
    public byte NameLength;

    /// <summary>Number of its file system's device among those met.</summary>
    public byte Device;

    /// <summary>Why it is not shared; None while that is open, and where it is.</summary>
    public SkipReason Reason;
    public FileMarks Marks;

    public readonly long Bytes => Blocks * 512L;

    /// <summary>Of <see cref="Bytes"/>: not those that are allocated beyond its end, which sharing does not free.</summary>
    public readonly long ContentBytes => Math.Min(Bytes, (Size + 4095) / 4096 * 4096);

    public readonly bool Has(FileMarks marks) => (Marks & marks) == marks;
}

/// <summary>What came of a file.</summary>
[Flags]
internal enum FileMarks : byte
{
    None = 0,

    /// <summary>It shares its content with another vserver's.</summary>
    Shared = 1,

    /// <summary>This run has made it so, or has given it content of its own again.</summary>
    Replaced = 2,

    /// <summary>Its inode is immutable.</summary>
    Immutable = 4,

    /// <summary>Its content has been compared in this run, or was in an earlier one and nothing has changed.</summary>
    Known = 8,

    /// <summary>Its inode has got or lost a name in this run, or is written anew where it lies: its time of change is another than the scan saw.</summary>
    Touched = 16,
}

/// <summary>A directory of a tree.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DirectoryRow
{
    /// <summary>Index of the one above; -1 for a tree's root.</summary>
    public int Parent;

    /// <summary>Position of its name; of no meaning for a root.</summary>
    public int Name;

    /// <summary>Of its path inside the tree: the same in every tree.</summary>
    public ulong PathHash;
    public ushort Tree;
    public byte NameLength;
    public bool IsExcluded;
}
