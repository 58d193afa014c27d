using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Regular files.</summary>
internal sealed unsafe partial class TreeCopy
{
    private const int ChunkSize = 8 << 20;

    private volatile bool _canReflink = true;

    private void CopyFile(EntryReader entry, CopiedDirectory directory)
    {
        // O_NONBLOCK: a guest may have put a FIFO in its place meanwhile
        var from = Libc.OpenEntry(directory.SourceFd, entry.Name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        ErrnoException.ThrowIfFailed(from, "openat", from < 0 ? entry.Text : null);
        try
        {
            ErrnoException.ThrowIfFailed(Libc.TryStatx(from, out var stat) ? 0 : -1, "statx");
            if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                Interlocked.Increment(ref _changed);
            }
            else if (Links is not null && Links.TryLink(from, stat, directory, entry.Name))
            {
                Interlocked.Increment(ref _hardLinked);
            }
            else if (stat.LinkCount <= 1)
            {
                CopyFile(from, stat, entry, directory);
            }
            else
            {
                Once(stat, entry, directory, () => CopyFile(from, stat, entry, directory));
            }
        }
        finally
        {
            _ = Libc.close(from);
        }
    }

    private void CopyFile(int from, in Libc.Statx stat, EntryReader entry, CopiedDirectory directory)
    {
        var to = Libc.OpenEntry(directory.TargetFd, entry.Name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, _new.ModeToMake(stat.Mode));
        ErrnoException.ThrowIfFailed(to, "openat", to < 0 ? entry.Text : null);
        try
        {
            if (stat.Size > 0 && !TryReflink(from, to))
            {
                using var source = new SafeFileHandle(from, ownsHandle: false);
                using var target = new SafeFileHandle(to, ownsHandle: false);
                CopyData(source, target, (long)stat.Size);
            }

            if (!Libc.TryStatx(from, out var after) || after.Size != stat.Size || after.Modify.Seconds != stat.Modify.Seconds || after.Modify.Nanoseconds != stat.Modify.Nanoseconds)
            {
                Interlocked.Increment(ref _changed);
            }

            // of what was opened, which need not have the name any more
            _new.ApplyToFile(from, to, stat, directory.Path);
        }
        finally
        {
            _ = Libc.close(to);
        }
    }

    private bool TryReflink(int from, int to)
    {
        if (!_canReflink)
        {
            return false;
        }

        if (Libc.ioctl(to, Libc.FICLONE, (void*)from) == 0)
        {
            Interlocked.Increment(ref _reflinked);
            return true;
        }

        // another file system (EXDEV) may be entered and left again; a kind of file that cannot (EINVAL) says nothing of others
        if (Marshal.GetLastPInvokeError() is ErrnoNames.EOPNOTSUPP or ErrnoNames.ENOTTY or ErrnoNames.ENOSYS)
        {
            _canReflink = false;
        }

        return false;
    }

    private void CopyData(SafeFileHandle from, SafeFileHandle to, long size)
    {
        ErrnoException.ThrowIfFailed(Libc.ftruncate(to, size), "ftruncate");
        for (long at = 0; at < size;)
        {
            var data = Libc.lseek(from, at, Libc.SEEK_DATA);
            if (data < 0)
            {
                // ENXIO: only a hole is left. A file system that knows no holes answers with the offset itself
                return;
            }

            var hole = Libc.lseek(from, data, Libc.SEEK_HOLE);
            at = Math.Min(size, hole < 0 ? size : hole);
            CopyRange(from, to, data, at);
        }
    }

    private void CopyRange(SafeFileHandle from, SafeFileHandle to, long start, long end)
    {
        byte[]? buffer = null;
        while (start < end)
        {
            cancel.ThrowIfCancellationRequested();
            long readAt = start, writeAt = start;
            nint copied = -1;
            if (buffer is null)
            {
                copied = Libc.copy_file_range(from, ref readAt, to, ref writeAt, (nuint)Math.Min(ChunkSize, end - start), 0);
            }

            if (copied < 0)
            {
                // EXDEV, EINVAL, EOPNOTSUPP, ENOSYS between some file systems: through our own memory then, which tells of a full disk as well
                buffer ??= new byte[1 << 18];
                copied = RandomAccess.Read(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start)), start);
                RandomAccess.Write(to, buffer.AsSpan(0, (int)copied), start);
            }

            if (copied == 0)
            {
                // it shrank while it was read
                return;
            }

            start += copied;
            guard.Wrote(copied);
        }
    }
}
