using System.Runtime.CompilerServices;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>What of a tree has changed since a moment, by the time that no program can set (<c>st_ctime</c>).</summary>
/// <param name="Files">Names of regular files that were written to, made, linked or renamed, also with a directory above them.</param>
/// <param name="Bytes">What is in them, without holes.</param>
/// <remarks>Symlinks and other entries are told by the directory that they were made in; one whose owner alone was changed is not.</remarks>
internal sealed record TreeChanges(long Files, long Bytes)
{
    // what is kept of them, over all threads: beyond this nobody has them listed
    private const long MostBytesListed = 64 << 20;

    // what a path takes beside its bytes
    private const int PathOverhead = 32;

    // the time that the kernel gives to files stands still for up to a tick: current_time(), kernel/time/timekeeping.c
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    /// <summary>The files' paths, without a slash before them; empty where they are not listed.</summary>
    public IReadOnlyList<byte[]> FilePaths { get; private init; } = [];

    /// <summary>Directories in which a name has come or gone, or whose own attributes have changed, with a slash behind them; the tree's own is empty.</summary>
    public IReadOnlyList<byte[]> DirectoryPaths { get; private init; } = [];

    /// <summary>Whether all are listed.</summary>
    public bool IsListed { get; private init; } = true;

    /// <summary>Sees to it that whatever is written into a tree from here on has a later time than what this returns, also by mmap(2).</summary>
    /// <remarks>A page that is mapped gives its file a time when it is written to for the first time, and not again before the kernel has written it to the disk
    /// (page_mkwrite, Documentation/filesystems/locking.rst). So a file may change behind a copy of it, and have the time and size of before.</remarks>
    /// <returns>Null where the disk does not take it; then nothing tells what is written later.</returns>
    public static CopyMoment? Begin(string root, Action<string> warn)
    {
        var moment = CopyMoment.Now();
        try
        {
            foreach (var place in MountTable.In(root).Prepend(root))
            {
                using var directory = Libc.open(place, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
                ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", place);
            }

            return moment;
        }
        catch (ErrnoException e)
        {
            warn($"What is written at '{root}' does not get to its disk: {e.Message}. Its files are compared by their contents.");
            return null;
        }
    }

    /// <summary>Looks at every file of a tree that may change meanwhile. Where it is not certain what came later, nothing is listed.</summary>
    public static TreeChanges Since(string root, CopyMoment? moment, CancellationToken cancel) =>
        moment is { IsCertain: true } ? Since(root, moment.At, cancel) : new TreeChanges(0, 0) { IsListed = false };

    internal static TreeChanges Since(string root, DateTimeOffset moment, CancellationToken cancel)
    {
        var bytes = new StrongBox<long>();
        var visitors = FileWalk.Run<Visitor, Place>(root, () => new Visitor(moment - s_tick, bytes), cancel);
        var isListed = bytes.Value <= MostBytesListed;
        return new TreeChanges(visitors.Sum(v => v.Files), visitors.Sum(v => v.Bytes))
        {
            FilePaths = isListed ? [.. visitors.SelectMany(v => v.FilePaths)] : [],
            DirectoryPaths = isListed ? [.. visitors.SelectMany(v => v.DirectoryPaths)] : [],
            IsListed = isListed,
        };
    }

    /// <param name="Path">Of a directory, with a slash behind it; empty: the root.</param>
    /// <param name="HasChanged">Whether a name has come or gone, or its attributes have changed.</param>
    /// <param name="WasMoved">Whether it, or one above it, may have been renamed.</param>
    private readonly record struct Place(byte[] Path, bool HasChanged, bool WasMoved);

    private sealed class Visitor(DateTimeOffset moment, StrongBox<long> bytesListed) : IFileVisitor<Place>
    {
        private readonly long _seconds = moment.ToUnixTimeSeconds();
        private readonly uint _nanoseconds = (uint)(moment.Ticks % TimeSpan.TicksPerSecond * 100);

        public long Files { get; private set; }

        public long Bytes { get; private set; }

        public List<byte[]> FilePaths { get; } = [];

        public List<byte[]> DirectoryPaths { get; } = [];

        public Place Enter(OpenDirectory directory, ReadOnlySpan<byte> name, Place above)
        {
            var isRoot = name.Length == 0;
            byte[] path = isRoot ? [] : [.. above.Path, .. name, (byte)'/'];
            var own = Libc.fstatx(directory.Handle);
            var isLater = IsSince(own.Change);

            // one that was renamed is new with all that is in it, whose own times stay: its inode was changed, and so was the directory above it
            var wasMoved = above.WasMoved || (!isRoot && isLater && (above.HasChanged || !IsSince(own.Modify)));
            if (isLater || wasMoved)
            {
                List(DirectoryPaths, path);
            }

            return new Place(path, isLater, wasMoved);
        }

        public void Look(EntryReader entry, in Libc.Statx stat, Place place)
        {
            if (!place.WasMoved && !IsSince(stat.Change))
            {
                return;
            }

            Files++;
            Bytes += (long)Math.Min(stat.Size, stat.Allocated);
            List(FilePaths, [.. place.Path, .. entry.CopyName().AsSpan()[..^1]]);
        }

        private void List(List<byte[]> paths, byte[] path)
        {
            if (Interlocked.Add(ref bytesListed.Value, path.Length + PathOverhead) <= MostBytesListed)
            {
                paths.Add(path);
            }
        }

        private bool IsSince(in Libc.StatxTimestamp time) => time.Seconds > _seconds || (time.Seconds == _seconds && time.Nanoseconds >= _nanoseconds);
    }
}
