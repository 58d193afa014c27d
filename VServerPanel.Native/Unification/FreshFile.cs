using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Makes a new inode like a member's file: the host's own, so that nobody can hold a descriptor of it that a guest opened for writing.</summary>
internal sealed unsafe class FreshFile(ExtendedAttributes attributes) : IDisposable
{
    private const int BlockSize = 1 << 18;

    private readonly byte* _buffer = (byte*)NativeMemory.AlignedAlloc(BlockSize, 4096);

    /// <summary>Makes it, whole but not yet durable.</summary>
    /// <param name="directory">Where, in staging.</param>
    /// <param name="name">Under what name, ended by a zero.</param>
    /// <param name="from">The file that it is to be like, open for reading and kept from changing.</param>
    /// <param name="stat">Of that.</param>
    /// <param name="isShared">Whether it is to be shared by this method; null: it will be one vserver's own.</param>
    /// <returns>Its inode number.</returns>
    /// <exception cref="ErrnoException">ENOSPC, EIO …; the name is gone again then.</exception>
    public ulong Make(int directory, byte* name, int from, in Libc.Statx stat, SharingMethod? isShared)
    {
        FaultPoint.Reach();
        var fd = Libc.openat(directory, name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0b110_000_000);
        ErrnoException.ThrowIfFailed(fd, "openat");
        try
        {
            FaultPoint.Reach();
            CopyContent(from, fd, stat);
            FaultPoint.Reach();
            ErrnoException.ThrowIfFailed(Libc.fchown(fd, stat.Uid, stat.Gid), "fchown");
            ErrnoException.ThrowIfFailed(Libc.fchmod(fd, stat.Mode & 0xfffu), "fchmod");
            attributes.Copy(from, fd);
            var times = stackalloc Libc.Timespec[2];
            times[0] = new Libc.Timespec { Seconds = stat.Access.Seconds, Nanoseconds = stat.Access.Nanoseconds };
            times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
            ErrnoException.ThrowIfFailed(Libc.futimens(fd, times), "futimens");
            if (isShared is { } method)
            {
                FaultPoint.Reach();
                SharedMark.Set(fd, method == SharingMethod.Immutable);
            }

            ErrnoException.ThrowIfFailed(Libc.TryStatx(fd, out var made) ? 0 : -1, "statx");
            return made.Inode;
        }
        catch
        {
            _ = Libc.unlinkat(directory, name, 0);
            throw;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private void CopyContent(int from, int to, in Libc.Statx stat)
    {
        var size = (long)stat.Size;
        if ((long)stat.Blocks * 512 >= size)
        {
            CopyRange(from, to, 0, size);
            return;
        }

        // with holes: what lies between them
        for (long at = 0; at < size;)
        {
            var data = Libc.lseek(from, at, Libc.SEEK_DATA);
            if (data < 0)
            {
                // ENXIO: nothing but a hole is left
                break;
            }

            var end = Libc.lseek(from, data, Libc.SEEK_HOLE);
            ErrnoException.ThrowIfFailed(end, "lseek(SEEK_HOLE)");
            end = Math.Min(end, size);
            CopyRange(from, to, data, end);
            at = end;
        }

        ErrnoException.ThrowIfFailed(Libc.ftruncate(to, size), "ftruncate");
    }

    private void CopyRange(int from, int to, long at, long end)
    {
        while (at < end)
        {
            var read = Libc.pread(from, _buffer, (nuint)Math.Min(BlockSize, end - at), at);
            ErrnoException.ThrowIfFailed(read, "pread");
            if (read == 0)
            {
                throw new ErrnoException(ErrnoNames.EIO, "pread (the file has become shorter)");
            }

            for (nint done = 0; done < read;)
            {
                var written = Libc.pwrite(to, _buffer + done, (nuint)(read - done), at + done);
                ErrnoException.ThrowIfFailed(written, "pwrite");
                done += written;
            }

            at += read;
        }
    }
}
