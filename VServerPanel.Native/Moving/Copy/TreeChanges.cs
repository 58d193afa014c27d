using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>What of a tree has changed since a moment.</summary>
/// <param name="Files">Names of regular files that were written to, made or renamed, also with a directory above them.</param>
/// <param name="Bytes">Their sizes.</param>
internal sealed record TreeChanges(long Files, long Bytes)
{
    // each level holds a descriptor
    private const int MaximumDepth = 1024;

    // the time that the kernel gives to files stands still for up to a tick: current_time(), kernel/time/timekeeping.c
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks at every file of a tree that may change meanwhile.</summary>
    public static TreeChanges Since(string root, DateTimeOffset moment, CancellationToken cancel)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        var work = new WorkStack<Found>();
        var workers = Enumerable.Range(0, ParallelWork.DefaultWalkers).Select(_ => new Worker(moment - s_tick, cancel)).ToList();
        try
        {
            work.Push(new Found(new OpenDirectory(Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW)), [.. "."u8, 0], 0, false));
            work.Run(workers, (worker, found) => worker.Read(work, found));
            return new TreeChanges(workers.Sum(w => w.Files), workers.Sum(w => w.Bytes));
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
        }
    }

    private readonly record struct Found(OpenDirectory Parent, byte[] Name, int Depth, bool WasMoved);

    private sealed unsafe class Worker(DateTimeOffset moment, CancellationToken cancel) : IDisposable
    {
        private readonly EntryReader _reader = new();
        private readonly long _seconds = moment.ToUnixTimeSeconds();
        private readonly uint _nanoseconds = (uint)(moment.Ticks % TimeSpan.TicksPerSecond * 100);

        public long Files { get; private set; }

        public long Bytes { get; private set; }

        public void Read(WorkStack<Found> work, Found found)
        {
            cancel.ThrowIfCancellationRequested();
            if (found.Parent.LeaveFor(found.Name, out _) is not { } directory)
            {
                // gone meanwhile, or not to be read: then rsync has said so
                return;
            }

            try
            {
                // one that was renamed is new with all that is in it, whose own times stay: its inode was changed, and no entry of it
                var wasMoved = found.WasMoved || (Libc.TryStatx(directory.Fd, out var own) && found.Depth > 0 && IsSince(own.Change) && !IsSince(own.Modify));
                _reader.Begin();
                while (_reader.Next(directory.Fd))
                {
                    if (_reader.Type == EntryReader.Directory && found.Depth < MaximumDepth)
                    {
                        work.Push(new Found(directory.Use(), _reader.CopyName(), found.Depth + 1, wasMoved));
                    }
                    else if (_reader.Type is EntryReader.Regular or EntryReader.Unknown)
                    {
                        Look(directory.Fd, wasMoved);
                    }
                }
            }
            finally
            {
                directory.Release();
            }
        }

        public void Dispose() => _reader.Dispose();

        private void Look(int directory, bool wasMoved)
        {
            if (Libc.TryStatx(directory, _reader.Name, out var stat) && (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG && (wasMoved || IsSince(stat.Change)))
            {
                Files++;
                Bytes += (long)stat.Size;
            }
        }

        private bool IsSince(in Libc.StatxTimestamp time) => time.Seconds > _seconds || (time.Seconds == _seconds && time.Nanoseconds >= _nanoseconds);
    }
}
