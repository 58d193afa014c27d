using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Which files may be shared at all: the one place that decides it.</summary>
internal static class Eligibility
{
    /// <summary>Attributes of an inode that a guest or its administrator gave it on purpose.</summary>
    private const ulong OnPurpose = Libc.STATX_ATTR_APPEND | Libc.STATX_ATTR_ENCRYPTED | Libc.STATX_ATTR_VERITY;

    // a guest may make files of many terabytes that take nothing, and reading them takes days
    private const ulong LargeBytes = 64 << 20;
    private const ulong MostHoles = 16;

    /// <summary>What a regular file's own attributes say.</summary>
    /// <param name="stat">Of the file, not of what it points to.</param>
    /// <param name="treeMount">The mount that its tree lies on.</param>
    public static SkipReason OfFile(in Libc.Statx stat, ulong treeMount)
    {
        if (stat.MountId != treeMount || (stat.Attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0)
        {
            return SkipReason.Mounted;
        }

        // dpkg and rpm chmod such files before they replace them, which is refused for a shared one
        if ((stat.Mode & (Libc.S_ISUID | Libc.S_ISGID)) != 0)
        {
            return SkipReason.SetId;
        }

        if (stat.Size == 0)
        {
            return SkipReason.Empty;
        }

        if (stat.Size > LargeBytes && stat.Allocated < stat.Size / MostHoles)
        {
            return SkipReason.Holes;
        }

        // an immutable one with several names may be one that we share
        var isFrozen = (stat.Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0 && stat.LinkCount == 1;
        return isFrozen || (stat.Attributes & OnPurpose) != 0 ? SkipReason.SpecialFlags : SkipReason.None;
    }

    /// <summary>The word for a reason on the wire.</summary>
    public static string CodeOf(SkipReason reason) => reason switch
    {
        SkipReason.None => "shared",
        SkipReason.ExcludedDirectory => "excluded-directory",
        SkipReason.SetId => "set-id",
        SkipReason.Configuration => "configuration",
        SkipReason.Empty => "empty",
        SkipReason.SpecialFlags => "special-flags",
        SkipReason.Mounted => "mounted",
        SkipReason.HardLinked => "hard-linked",
        SkipReason.NotInPackage => "not-in-package",
        SkipReason.Alone => "alone",
        SkipReason.Attributes => "attributes",
        SkipReason.Differs => "differs",
        SkipReason.BeingWritten => "being-written",
        SkipReason.Changed => "changed",
        SkipReason.Unreadable => "unreadable",
        SkipReason.Inline => "inline",
        SkipReason.Holes => "holes",
        SkipReason.Capabilities => "capabilities",
        SkipReason.PackagesUnread => "packages-unread",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <summary>A reason for people, in one sentence.</summary>
    public static string Explain(SkipReason reason) => reason switch
    {
        SkipReason.None => "It is shared.",
        SkipReason.ExcludedDirectory => "It lies in a directory that is each vserver's own (--incldir takes one in).",
        SkipReason.SetId => "It runs with the rights of its owner or with capabilities, and package managers change the mode of such files in place.",
        SkipReason.Configuration => "It is a configuration file of its package, for its administrator to change.",
        SkipReason.Empty => "It is empty: there is nothing to save.",
        SkipReason.SpecialFlags => "Its vserver has made it immutable, append-only, encrypted or verified.",
        SkipReason.Mounted => "It is a mount of its own, or lies in one.",
        SkipReason.HardLinked => "Its vserver has it under several names, which must stay one file.",
        SkipReason.NotInPackage => "It belongs to none of the packages, at the same version in another vserver.",
        SkipReason.Alone => "No other of these vservers has a file like it: same size, mode and owner, and for hard links the same time.",
        SkipReason.Attributes => "Its extended attributes or access control list differ from those of all files like it.",
        SkipReason.Differs => "Its content differs from that of all files like it.",
        SkipReason.BeingWritten => "A program has it open for writing; the next run may share it.",
        SkipReason.Changed => "It was changed while it was looked at; the next run may share it.",
        SkipReason.Unreadable => "The file system reported an error when it was read or replaced.",
        SkipReason.Inline => "It is so small that it takes no block which could be shared.",
        SkipReason.Holes => "It is large, and takes next to nothing on the disk: there is little to save.",
        SkipReason.Capabilities => "It has capabilities, and writing into it would take them away.",
        SkipReason.PackagesUnread => "The packages of its vserver could not be read, so that nothing tells which of its files are configuration; the next run may share it.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <summary>A line of a plan or an outcome.</summary>
    public static SkippedFiles ToWire(SkipReason reason, long files, long bytes) => new(CodeOf(reason), Explain(reason), files, bytes);
}
