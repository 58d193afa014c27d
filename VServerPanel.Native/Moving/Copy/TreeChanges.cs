using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>What of a tree has changed since a moment, by the time that no program can set (<c>st_ctime</c>).</summary>
/// <param name="Files">Names of regular files that were written to, made, linked or renamed, also with a directory above them.</param>
/// <param name="Bytes">Their sizes.</param>
/// <remarks>Symlinks and other entries are told by the directory that they were made in; one whose owner alone was changed is not.</remarks>
internal sealed record TreeChanges(long Files, long Bytes)
{
    // what is kept of them: beyond this nobody has them listed
    private const int MostListed = 1_000_000;

    // the time that the kernel gives to files stands still for up to a tick: current_time(), kernel/time/timekeeping.c
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    // write(2) gives its file the time first, and then the bytes (file_update_time(), mm/filemap.c)
    private static readonly TimeSpan s_longestWrite = TimeSpan.FromSeconds(1);

    /// <summary>The files' paths, without a slash before them; empty where they are not listed.</summary>
    public IReadOnlyList<byte[]> FilePaths { get; private init; } = [];

    /// <summary>Directories in which a name has come or gone, or whose own attributes have changed, with a slash behind them; the tree's own is empty.</summary>
    public IReadOnlyList<byte[]> DirectoryPaths { get; private init; } = [];

    /// <summary>Whether all are listed.</summary>
    public bool IsListed { get; private init; } = true;

    /// <summary>Sees to it that whatever is written into a tree from here on has a later time than what this returns, also by mmap(2).</summary>
    /// <remarks>A page that is mapped gives its file a time when it is written to for the first time, and not again before the kernel has written it to the disk
    /// (page_mkwrite, Documentation/filesystems/locking.rst). So a file may change behind a copy of it, and have the time and size of before.</remarks>
    public static DateTimeOffset Begin(string root, DateTimeOffset now)
    {
        using var directory = Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", root);
        return now - s_longestWrite;
    }

    /// <summary>Looks at every file of a tree that may change meanwhile. What cannot be read, rsync has said so of.</summary>
    public static TreeChanges Since(string root, DateTimeOffset moment, CancellationToken cancel)
    {
        var visitors = FileWalk.Run<Visitor, Place>(root, () => new Visitor(moment - s_tick), cancel);
        var isListed = visitors.Sum(v => (long)v.FilePaths.Count + v.DirectoryPaths.Count) <= MostListed;
        return new TreeChanges(visitors.Sum(v => v.Files), visitors.Sum(v => v.Bytes))
        {
            FilePaths = isListed ? [.. visitors.SelectMany(v => v.FilePaths)] : [],
            DirectoryPaths = isListed ? [.. visitors.SelectMany(v => v.DirectoryPaths)] : [],
            IsListed = isListed,
        };
    }

    /// <param name="Path">Of a directory, with a slash behind it; empty: the root.</param>
    /// <param name="WasMoved">Whether it, or one above it, was renamed.</param>
    private readonly record struct Place(byte[] Path, bool WasMoved);

    private sealed class Visitor(DateTimeOffset moment) : IFileVisitor<Place>
    {
        private readonly long _seconds = moment.ToUnixTimeSeconds();
        private readonly uint _nanoseconds = (uint)(moment.Ticks % TimeSpan.TicksPerSecond * 100);

        public long Files { get; private set; }

        public long Bytes { get; private set; }

        public List<byte[]> FilePaths { get; } = [];

        public List<byte[]> DirectoryPaths { get; } = [];

        public Place Enter(OpenDirectory directory, ReadOnlySpan<byte> name, Place above)
        {
            byte[] path = name.Length == 0 ? [] : [.. above.Path, .. name, (byte)'/'];
            var isThere = Libc.TryStatx(directory.Fd, out var own);
            var hasChanged = above.WasMoved || (isThere && IsSince(own.Change));
            if (hasChanged && DirectoryPaths.Count <= MostListed)
            {
                DirectoryPaths.Add(path);
            }

            // one that was renamed is new with all that is in it, whose own times stay: its inode was changed, and no entry of it
            return new Place(path, above.WasMoved || (name.Length > 0 && hasChanged && !IsSince(own.Modify)));
        }

        public void Look(EntryReader entry, in Libc.Statx stat, Place place)
        {
            if (!place.WasMoved && !IsSince(stat.Change))
            {
                return;
            }

            Files++;
            Bytes += (long)stat.Size;
            if (FilePaths.Count <= MostListed)
            {
                FilePaths.Add([.. place.Path, .. entry.CopyName().AsSpan()[..^1]]);
            }
        }

        private bool IsSince(in Libc.StatxTimestamp time) => time.Seconds > _seconds || (time.Seconds == _seconds && time.Nanoseconds >= _nanoseconds);
    }
}
