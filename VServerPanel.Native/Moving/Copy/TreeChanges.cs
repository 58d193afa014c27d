using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>What of a tree has changed since a moment.</summary>
/// <param name="Files">Names of regular files that were written to, made or renamed.</param>
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
        var work = new WorkStack<(OpenDirectory Parent, byte[] Name, int Depth)>();
        var workers = Enumerable.Range(0, ParallelWork.DefaultWalkers).Select(_ => new Worker(moment - s_tick, cancel)).ToList();
        try
        {
            work.Push((new OpenDirectory(Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW)), [.. "."u8, 0], 0));
            work.Run(workers, (worker, found) => worker.Read(work, found));
            return new TreeChanges(workers.Sum(w => w.Files), workers.Sum(w => w.Bytes));
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
        }
    }

    private sealed unsafe class Worker(DateTimeOffset moment, CancellationToken cancel) : IDisposable
    {
        private readonly EntryReader _reader = new();
        private readonly long _seconds = moment.ToUnixTimeSeconds();
        private readonly uint _nanoseconds = (uint)(moment.Ticks % TimeSpan.TicksPerSecond * 100);

        public long Files { get; private set; }

        public long Bytes { get; private set; }

        public void Read(WorkStack<(OpenDirectory Parent, byte[] Name, int Depth)> work, (OpenDirectory Parent, byte[] Name, int Depth) found)
        {
            cancel.ThrowIfCancellationRequested();
            int fd;
            fixed (byte* name = found.Name)
            {
                fd = Libc.OpenEntry(found.Parent.Fd, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
            }

            found.Parent.Release();
            if (fd < 0)
            {
                // gone meanwhile
                return;
            }

            var directory = new OpenDirectory(new SafeFileHandle(fd, ownsHandle: true));
            try
            {
                _reader.Begin();
                while (_reader.Next(directory.Fd))
                {
                    if (_reader.Type == EntryReader.Directory && found.Depth < MaximumDepth)
                    {
                        work.Push((directory.Use(), _reader.CopyName(), found.Depth + 1));
                    }
                    else if (_reader.Type is EntryReader.Regular or EntryReader.Unknown)
                    {
                        Look(directory.Fd);
                    }
                }
            }
            finally
            {
                directory.Release();
            }
        }

        public void Dispose() => _reader.Dispose();

        private void Look(int directory)
        {
            if (Libc.TryStatx(directory, _reader.Name, out var stat) && (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG
                && (stat.Change.Seconds > _seconds || (stat.Change.Seconds == _seconds && stat.Change.Nanoseconds >= _nanoseconds)))
            {
                Files++;
                Bytes += (long)stat.Size;
            }
        }
    }
}
