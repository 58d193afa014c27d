using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>An flock(2) on a file that is there only while it is held. Order of locks: vservers by name, then the registry.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _fd;

    private FileLock(string path, SafeFileHandle fd) => (_path, _fd) = (path, fd);

    /// <summary>Takes the lock.</summary>
    /// <exception cref="ProblemException">Busy: another has it, and keeps it beyond the time given.</exception>
    public static FileLock Acquire(string path, TimeSpan patience, string what, CancellationToken cancel = default)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            if (TryAcquire(path) is { } taken)
            {
                return taken;
            }

            if (Environment.TickCount64 >= deadline)
            {
                throw new ProblemException(ProblemCode.Busy, $"Another operation works on {what}. 'vserver-jobs list' shows it; try again when it has ended.");
            }

            cancel.WaitHandle.WaitOne(20);
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Takes the lock, or answers null where another has it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        while (true)
        {
            var fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT, 0b110_000_000);
            if (Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
            {
                fd.Dispose();
                return null;
            }

            // whoever had it before may have removed the name between our open and our flock
            if (Libc.TryStatx(null, path, out var named) && named.Inode == Libc.fstatx(fd).Inode)
            {
                return new FileLock(path, fd);
            }

            fd.Dispose();
        }
    }

    public void Dispose()
    {
        if (!_fd.IsClosed)
        {
            File.Delete(_path);
            _fd.Dispose();
        }
    }
}
