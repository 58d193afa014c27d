using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Gives a file blocks of its own where it lies, by writing what it has: for one whose inode cannot be replaced. No file can be moved from one btrfs subvolume into another, and one of several names
/// must stay one file.</summary>
/// <remarks>A write lease (fcntl(2), F_SETLEASE) tells that nobody else has it open, and keeps whoever opens it waiting until the block is written. Killed at any instant, it has the content that it had;
/// its time may be that of the moment then.</remarks>
internal sealed unsafe class BlockRewriter : IDisposable
{
    private const int BlockSize = 1 << 20;
    private const uint SetIds = 0b110_000_000_000;

    private readonly byte* _buffer = (byte*)NativeMemory.AlignedAlloc(BlockSize, 4096);

    /// <summary>Rewrites it.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="name">Its name, ended by a zero.</param>
    /// <param name="row">As the scan saw it.</param>
    /// <param name="stop">Asked between blocks: whether this is to end; it is left as if it were being written then.</param>
    /// <returns>Why not all of it has blocks of its own; none where it has.</returns>
    /// <exception cref="ErrnoException">ENOSPC, EIO …</exception>
    public SkipReason Rewrite(int directory, byte* name, in FileRow row, Func<bool> stop)
    {
        var fd = OpenedFile.OpenUnchecked(directory, name, out var reason, Libc.O_RDWR);
        if (fd < 0)
        {
            return reason;
        }

        try
        {
            if (Libc.fcntl(fd, Libc.F_SETLEASE, Libc.F_WRLCK) != 0)
            {
                return SkipReason.BeingWritten;
            }

            if (!Libc.TryStatx(fd, out var stat) || !OpenedFile.IsSame(stat, row))
            {
                return SkipReason.Changed;
            }

            // to write into such a file takes its rights away; set-id files are none that are looked at
            if ((stat.Mode & SetIds) != 0 || HasCapabilities(fd))
            {
                return SkipReason.Capabilities;
            }

            var times = stackalloc Libc.Timespec[2];
            times[0] = new Libc.Timespec { Nanoseconds = Libc.UTIME_OMIT };
            times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
            try
            {
                return RewriteContent(fd, (long)stat.Size, stop) ? SkipReason.None : SkipReason.BeingWritten;
            }
            finally
            {
                _ = Libc.futimens(fd, times);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private static bool HasCapabilities(int fd)
    {
        fixed (byte* attribute = "security.capability\0"u8)
        {
            return Libc.fgetxattr(fd, attribute, null, 0) >= 0;
        }
    }

    /// <summary>False where somebody waits to open it, or this is to end.</summary>
    private bool RewriteContent(int fd, long size, Func<bool> stop)
    {
        for (long at = 0; at < size;)
        {
            var data = Libc.lseek(fd, at, Libc.SEEK_DATA);
            if (data < 0)
            {
                // ENXIO: nothing but a hole is left
                return true;
            }

            var hole = Libc.lseek(fd, data, Libc.SEEK_HOLE);
            ErrnoException.ThrowIfFailed(hole, "lseek(SEEK_HOLE)");
            for (at = data; at < Math.Min(hole, size);)
            {
                var read = Libc.pread(fd, _buffer, (nuint)Math.Min(BlockSize, Math.Min(hole, size) - at), at);
                ErrnoException.ThrowIfFailed(read, "pread");
                if (read == 0 || stop() || Libc.fcntl(fd, Libc.F_GETLEASE, 0) != Libc.F_WRLCK)
                {
                    return false;
                }

                FaultPoint.Reach();
                for (nint done = 0; done < read;)
                {
                    var written = Libc.pwrite(fd, _buffer + done, (nuint)(read - done), at + done);
                    ErrnoException.ThrowIfFailed(written, "pwrite");
                    done += written;
                }

                at += read;
            }
        }

        return true;
    }
}
