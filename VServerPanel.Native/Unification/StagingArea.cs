using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Unification;

/// <summary>Where new files are made before they take the place of a vserver's: on the same file system, out of every vserver's sight.</summary>
/// <remarks><c>/vservers/.unify/OPERATION/THREAD</c>, and <c>THREADt</c> for what waits there for a moment: the fewer names a directory has, the faster it is changed. A run holds a lock on its directory; what has none was left by a crash, and the next run removes it,
/// but for what is kept: a directory with the sticky bit has files that were a member's and could not go back.</remarks>
internal sealed class StagingArea : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    // to set it takes no room on the disk, and it outlives a crash
    private const uint KeptMode = 0b001_111_000_000;
    private const uint Sticky = 0b001_000_000_000;

    private const string LinksEnding = "t";

    private readonly string _path;
    private readonly SafeFileHandle _own;
    private readonly List<SafeFileHandle> _threads = [];
    private readonly List<SafeFileHandle> _links = [];
    private readonly Func<IDisposable> _gate;
    private readonly ConcurrentBag<string> _kept = [];

    public StagingArea(HostPaths paths, string operationId, int threads)
    {
        _path = $"{PathOf(paths)}/{operationId}";

        // another run must not take it for left over before it is locked
        using (var gate = LockGate(paths))
        {
            RemoveLeftOver(paths);
            MakeDirectory(PathOf(paths));
            MakeDirectory(_path);
            _own = Libc.open(_path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            ErrnoException.ThrowIfFailed(Libc.flock(_own, Libc.LOCK_EX | Libc.LOCK_NB), "flock", _path);
        }

        _gate = () => LockGate(paths);
        try
        {
            for (var i = 0; i < threads; i++)
            {
                _threads.Add(Open(string.Create(CultureInfo.InvariantCulture, $"{_path}/{i}")));
                _links.Add(Open(string.Create(CultureInfo.InvariantCulture, $"{_path}/{i}{LinksEnding}")));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The device it lies on: each btrfs subvolume is one of its own.</summary>
    public ulong Device => Scanning.TreeScan.DeviceOf(Libc.fstatx(_own));

    /// <summary>The mount it lies on.</summary>
    public ulong MountId => Libc.fstatx(_own).MountId;

    /// <summary>The directory of a thread, for new inodes.</summary>
    public int this[int thread] => (int)_threads[thread].DangerousGetHandle();

    /// <summary>The directory of a thread, for links that are on their way.</summary>
    public int LinksOf(int thread) => (int)_links[thread].DangerousGetHandle();

    /// <summary>Makes all that was written here durable.</summary>
    public void Sync()
    {
        FaultPoint.Reach();
        ErrnoException.ThrowIfFailed(Libc.syncfs(_own), "syncfs", _path);
    }

    /// <summary>Has a file stay that was a member's and cannot go back: its link stays where it is.</summary>
    /// <param name="index">Of the member's name.</param>
    /// <param name="thread">In whose directory for links it is.</param>
    /// <param name="number">Of its name there.</param>
    /// <param name="errno">Why it cannot go back.</param>
    public KeptFile Keep(int index, int thread, int number, int errno)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{_path}/{thread}{LinksEnding}/t{number}");
        _kept.Add(path);
        ErrnoException.ThrowIfFailed(Libc.fchmod(_own, KeptMode), "fchmod", _path);
        return new KeptFile(index, path, errno);
    }

    /// <summary>Directories in which earlier runs have kept files that could not go back.</summary>
    public static IReadOnlyList<string> KeptBefore(HostPaths paths) => !Directory.Exists(PathOf(paths)) ? []
        : [.. Directory.GetDirectories(PathOf(paths)).Where(IsLeftKept)];

    // that of a run which goes on is locked
    private static bool IsLeftKept(string directory)
    {
        using var fd = TryOpen(directory);
        return fd is not null && (Libc.fstatx(fd).Mode & Sticky) != 0 && Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) == 0;
    }

    /// <summary>Removes what runs that were killed have left.</summary>
    public static void Clear(HostPaths paths)
    {
        using var gate = LockGate(paths);
        RemoveLeftOver(paths);
    }

    private static void RemoveLeftOver(HostPaths paths)
    {
        var all = PathOf(paths);
        foreach (var left in Directory.Exists(all) ? Directory.GetDirectories(all) : [])
        {
            using var fd = TryOpen(left);
            if (fd is null || Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
            {
                continue;
            }

            if ((Libc.fstatx(fd).Mode & Sticky) == 0)
            {
                TreeRemoval.Remove(left);
                continue;
            }

            // whose links these are nobody knows any more; new inodes are nobody's
            foreach (var directory in Directory.GetDirectories(left).Where(d => !d.EndsWith(LinksEnding, StringComparison.Ordinal)))
            {
                TreeRemoval.Remove(directory);
            }
        }
    }

    /// <summary>Free bytes of the file system.</summary>
    public long BytesFree()
    {
        ErrnoException.ThrowIfFailed(Libc.fstatvfs(_own, out var stat), "fstatvfs", _path);
        return (long)(stat.BlocksAvailable * stat.FragmentSize);
    }

    public void Dispose()
    {
        _threads.ForEach(t => t.Dispose());
        _links.ForEach(l => l.Dispose());
        if (_kept.IsEmpty)
        {
            TreeRemoval.Remove(_path);
        }
        else
        {
            RemoveAllButKept();
        }

        _own.Dispose();

        // another run may have its own beside it, or be about to
        using var gate = _gate();
        _ = Libc.unlinkat(new SafeFileHandle(Libc.AT_FDCWD, ownsHandle: false), Path.GetDirectoryName(_path)!, Libc.AT_REMOVEDIR);
    }

    private void RemoveAllButKept()
    {
        foreach (var directory in Directory.GetDirectories(_path))
        {
            if (!_kept.Any(k => Path.GetDirectoryName(k) == directory))
            {
                TreeRemoval.Remove(directory);
                continue;
            }

            foreach (var file in Directory.GetFiles(directory).Except(_kept))
            {
                File.Delete(file);
            }
        }
    }

    // held for the moments in which staging areas are made and removed
    private static FileLock LockGate(HostPaths paths) => FileLock.Acquire($"{paths.Locks}/.unify", s_patience, "the staging area of unifications");

    private static string PathOf(HostPaths paths) => paths.VServers + "/.unify";

    // another run may be removing its own
    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOENT)
        {
            return null;
        }
    }

    private static SafeFileHandle Open(string path)
    {
        MakeDirectory(path);
        return Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
    }

    private static void MakeDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>A file that was a member's, came out of its place for another, and could not go back.</summary>
/// <param name="Index">Of the member's name.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Errno">Why.</param>
internal sealed record KeptFile(int Index, string Path, int Errno);

/// <summary>Removes what a run that was killed has left in staging; the vservers' own files are whole, old or new.</summary>
internal sealed record ClearStaging : UndoAction
{
    public override void Run(HostPaths paths) => StagingArea.Clear(paths);
}

/// <summary>The name of a file in staging: a letter and a number, ended by a zero.</summary>
internal unsafe struct StagedName
{
    private fixed byte _text[16];

    public StagedName(char kind, int number)
    {
        _text[0] = (byte)kind;
        var at = 1;
        var divisor = 1;
        while (number / divisor > 9)
        {
            divisor *= 10;
        }

        for (; divisor > 0; divisor /= 10)
        {
            _text[at++] = (byte)('0' + (number / divisor % 10));
        }

        _text[at] = 0;
    }

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ref byte GetPinnableReference() => ref _text[0];
}
