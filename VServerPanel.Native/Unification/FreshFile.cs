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
    /// <param name="content">All that is in it, where that is at hand; else it is read.</param>
    /// <param name="wanted">The number of its extended attributes; null: whatever they are now.</param>
    /// <param name="goesOn">Asked between blocks: whether what is made is still wanted.</param>
    /// <returns>Its inode number; null where it is not as wanted: somebody changed the other's attributes or content meanwhile, or it is not to go on; and the name is gone again.</returns>
    /// <exception cref="ErrnoException">ENOSPC, EIO …; the name is gone again then.</exception>
    public ulong? Make(int directory, byte* name, int from, in Libc.Statx stat, SharingMethod? isShared, ReadOnlySpan<byte> content = default, ulong? wanted = null, Func<bool>? goesOn = null)
    {
        FaultPoint.Reach();
        // with its rights from the start where that can be; nobody can come to it there
        var fd = Libc.openat(directory, name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, stat.Mode & 0b111_111_111u);
        ErrnoException.ThrowIfFailed(fd, "openat");
        try
        {
            ErrnoException.ThrowIfFailed(Libc.TryStatx(fd, out var made) ? 0 : -1, "statx");
            FaultPoint.Reach();
            if (content.Length > 0 && content.Length == (long)stat.Size && (long)stat.Allocated >= content.Length)
            {
                fixed (byte* all = content)
                {
                    Write(fd, all, content.Length, 0);
                }
            }
            else if (!CopyContent(from, fd, stat, goesOn))
            {
                _ = Libc.unlinkat(directory, name, 0);
                return null;
            }

            FaultPoint.Reach();
            if (made.Uid != stat.Uid || made.Gid != stat.Gid)
            {
                ErrnoException.ThrowIfFailed(Libc.fchown(fd, stat.Uid, stat.Gid), "fchown");
            }

            if (made.Mode != stat.Mode)
            {
                ErrnoException.ThrowIfFailed(Libc.fchmod(fd, stat.Mode & 0xfffu), "fchmod");
            }

            attributes.Copy(from, fd);

            // a lease keeps nobody from changing attributes; and it ends by itself for a writer who waits long enough
            if ((wanted is { } number && attributes.NumberOf(fd, out _) != number) || !OpenedFile.IsUndisturbed(from))
            {
                _ = Libc.unlinkat(directory, name, 0);
                return null;
            }

            if (isShared is { } method)
            {
                FaultPoint.Reach();
                SharedMark.Set(fd, made, method == SharingMethod.Immutable);
            }

            var times = stackalloc Libc.Timespec[2];
            times[0] = new Libc.Timespec { Seconds = stat.Access.Seconds, Nanoseconds = stat.Access.Nanoseconds };
            times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
            ErrnoException.ThrowIfFailed(Libc.futimens(fd, times), "futimens");
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

    private bool CopyContent(int from, int to, in Libc.Statx stat, Func<bool>? goesOn)
    {
        var size = (long)stat.Size;
        if ((long)stat.Allocated >= size)
        {
            return CopyRange(from, to, 0, size, goesOn);
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
            if (!CopyRange(from, to, data, end, goesOn))
            {
                return false;
            }

            at = end;
        }

        ErrnoException.ThrowIfFailed(Libc.ftruncate(to, size), "ftruncate");
        return true;
    }

    private bool CopyRange(int from, int to, long at, long end, Func<bool>? goesOn)
    {
        while (at < end)
        {
            if (goesOn?.Invoke() == false)
            {
                return false;
            }

            var read = Libc.pread(from, _buffer, (nuint)Math.Min(BlockSize, end - at), at);
            ErrnoException.ThrowIfFailed(read, "pread");
            if (read == 0)
            {
                throw new ErrnoException(ErrnoNames.EIO, "pread (the file has become shorter)");
            }

            Write(to, _buffer, read, at);
            at += read;
        }

        return true;
    }

    private static void Write(int to, byte* from, nint length, long at)
    {
        for (nint done = 0; done < length;)
        {
            var written = Libc.pwrite(to, from + done, (nuint)(length - done), at + done);
            ErrnoException.ThrowIfFailed(written, "pwrite");
            done += written;
        }
    }
}
