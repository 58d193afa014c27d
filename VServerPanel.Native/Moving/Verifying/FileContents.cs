using System.Collections.Concurrent;
using System.Security.Cryptography;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Moving.Verifying;

/// <summary>Digests of files' contents; what has several names is read once.</summary>
internal sealed unsafe class FileContents
{
    private const int BlockSize = 1 << 17;

    private readonly ConcurrentDictionary<(ulong Device, ulong Inode), Lazy<byte[]>> _linked = new();

    /// <summary>The SHA-256 of a regular file.</summary>
    public byte[] DigestOf(int directory, byte* name, in Libc.Statx stat, CancellationToken cancel)
    {
        if (stat.LinkCount < 2)
        {
            return Read(directory, (nint)name, cancel);
        }

        var (at, key) = ((nint)name, (((ulong)stat.DevMajor << 32) | stat.DevMinor, stat.Inode));
        return _linked.GetOrAdd(key, _ => new Lazy<byte[]>(() => Read(directory, at, cancel))).Value;
    }

    private static byte[] Read(int directory, nint name, CancellationToken cancel)
    {
        var fd = Libc.OpenEntry(directory, (byte*)name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOATIME);
        ErrnoException.ThrowIfFailed(fd, "openat", fd < 0 ? Libc.Text((byte*)name) : null);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BlockSize];
            fixed (byte* to = buffer)
            {
                for (long at = 0; ;)
                {
                    cancel.ThrowIfCancellationRequested();
                    var read = Libc.pread(fd, to, BlockSize, at);
                    ErrnoException.ThrowIfFailed(read, "pread", read < 0 ? Libc.Text((byte*)name) : null);
                    if (read == 0)
                    {
                        return hash.GetHashAndReset();
                    }

                    hash.AppendData(buffer, 0, (int)read);
                    at += read;
                }
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
