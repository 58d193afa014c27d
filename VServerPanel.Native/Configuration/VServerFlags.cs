namespace VServerPanel.Native.Configuration;

/// <summary>S_FLAGS, with the numbers that the kernel patch of 2002 gave them.</summary>
[Flags]
internal enum VServerFlags
{
    None = 0,

    /// <summary>No new context inside.</summary>
    Lock = 1,

    /// <summary>All its processes share one priority's worth of processor time.</summary>
    Sched = 2,

    /// <summary>RLIMIT_NPROC counts the processes of the vserver.</summary>
    Nproc = 4,

    /// <summary>Nobody else may join the context.</summary>
    Private = 8,

    /// <summary>Its first process looks like init.</summary>
    FakeInit = 16,

    /// <summary>Details of the host are hidden.</summary>
    HideInfo = 32,

    /// <summary>Limits count for the whole vserver.</summary>
    Ulimit = 64,

    /// <summary>The guest's own init scripts; a word of the start script, not of the kernel.</summary>
    Minit = 0x10000,
}
