using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Content of regular files.</summary>
internal sealed partial class TreeCopy
{
    private const int ChunkSize = 8 << 20;

    private bool _canReflink = true;

    private bool CopyFile(SafeFileHandle source, SafeFileHandle target, string name, string path, in Libc.Statx stat)
    {
        // O_NONBLOCK: a guest may have put a FIFO in its place meanwhile
        using var from = Libc.openat(source, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        var opened = Libc.fstatx(from);
        if ((opened.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            Changed++;
            return false;
        }

        using (var to = Libc.openat(target, name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0b110_000_000))
        {
            if (opened.Size > 0 && !TryReflink(from, to))
            {
                CopyData(from, to, (long)opened.Size);
            }
        }

        if (stat.Inode != opened.Inode || Libc.fstatx(from) is var after && (after.Size != opened.Size || after.Modify.Seconds != opened.Modify.Seconds || after.Modify.Nanoseconds != opened.Modify.Nanoseconds))
        {
            Changed++;
        }

        // of what was opened, which need not have the name any more
        Metadata(source, name, opened).Apply(target, name, isSymlink: false);
        return true;
    }

    private bool TryReflink(SafeFileHandle from, SafeFileHandle to)
    {
        if (!_canReflink)
        {
            return false;
        }

        if (Libc.ioctl(to, Libc.FICLONE, from.DangerousGetHandle()) == 0)
        {
            Reflinked++;
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
