namespace VServerPanel.Native.Unification;

/// <summary>Why a file is not shared.</summary>
internal enum SkipReason : byte
{
    /// <summary>It may be shared.</summary>
    None = 0,

    ExcludedDirectory,

    /// <summary>Set-id, set-gid, or file capabilities.</summary>
    SetId,

    Configuration,

    Empty,

    /// <summary>Immutable, append-only, encrypted or under fs-verity by its vserver's own doing.</summary>
    SpecialFlags,

    /// <summary>A mount of its own lies there.</summary>
    Mounted,

    /// <summary>Several names of one file inside one vserver.</summary>
    HardLinked,

    /// <summary>Of no package that was asked for.</summary>
    NotInPackage,

    /// <summary>No other vserver has one of the same size, mode, owner and time.</summary>
    Alone,

    /// <summary>Extended attributes or ACLs differ.</summary>
    Attributes,

    /// <summary>The content differs from that of all like it.</summary>
    Differs,

    /// <summary>Somebody has it open for writing.</summary>
    BeingWritten,

    /// <summary>It was changed or replaced while it was looked at.</summary>
    Changed,

    /// <summary>It cannot be read or replaced: an error of the file system.</summary>
    Unreadable,

    /// <summary>So small that it takes no block of its own.</summary>
    Inline,

    /// <summary>Large, and nearly all of it holes.</summary>
    Holes,

    /// <summary>Writing into it would take its capabilities away.</summary>
    Capabilities,

    /// <summary>Its vserver's package manager could not be asked which files are configuration.</summary>
    PackagesUnread,
}
