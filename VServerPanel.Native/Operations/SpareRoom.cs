using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Operations;

/// <summary>Where things are written down while the disk is full, by operations that must be done nevertheless: /var/run is in memory (hier(7)). Of jobs and undo logs the
/// files are there to their end; entries of the journal go into it as soon as there is room. After a power cut they are lost.</summary>
internal static class SpareRoom
{
    /// <summary>Log lines of a job that is kept in memory. Written down a character takes six bytes at most.</summary>
    public const int MostCharactersOfJob = 32 << 10;

    /// <summary>Jobs whose files are in memory; of more the oldest that have ended are removed.</summary>
    public const int MostJobs = 50;

    // some ten thousand entries
    private const long MostJournalBytes = 4 << 20;

    // what a job and its journal entries take
    private const int Enough = 256 << 10;

    public static string JobsOf(HostPaths paths) => paths.Run + "/.jobs";

    public static string UndoOf(HostPaths paths) => paths.Run + "/.undo";

    public static string JournalOf(HostPaths paths) => paths.Run + "/.journal.jsonl";

    /// <summary>Whether so much waits in memory that only what makes room may be added.</summary>
    public static bool IsUsedUp(HostPaths paths) => new FileInfo(JournalOf(paths)) is { Exists: true, Length: > MostJournalBytes };

    /// <summary>A directory of it, made where there is none.</summary>
    public static string Make(string directory) =>
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    /// <summary>Whether a failure is that of a full disk, or of a quota that is used up.</summary>
    public static bool IsFullDisk(Exception exception) => exception is ErrnoException { Errno: ErrnoNames.ENOSPC or ErrnoNames.EDQUOT } or IOException { HResult: ErrnoNames.ENOSPC or ErrnoNames.EDQUOT };

    /// <summary>Whether a directory's disk takes what an operation writes down: tried, since what file systems tell of free room is not always so.</summary>
    public static bool IsLeftIn(string directory)
    {
        try
        {
            using var trial = Libc.open(directory, Libc.O_WRONLY | Libc.O_TMPFILE, 0b110_000_000);
            RandomAccess.Write(trial, new byte[Enough], 0);
            return true;
        }
        catch (Exception e) when (IsFullDisk(e))
        {
            return false;
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.EOPNOTSUPP or ErrnoNames.EISDIR)
        {
            // a file system that has no files without a name (open(2), O_TMPFILE): it shows when something is written
            return true;
        }
    }
}
