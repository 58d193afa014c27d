using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages.Checks;

/// <summary>Compares one path in two trees, without leaving either of them: type, owner, mode, and content by SHA-256.</summary>
internal sealed class FileComparison(SafeFileHandle here, SafeFileHandle there)
{
    private readonly byte[] _buffer = new byte[1 << 17];

    /// <summary>What differs; null where nothing does, or the path is no file in either.</summary>
    public (string Kind, string? Here, string? There)? Compare(string path)
    {
        using var own = TryOpen(here, path);
        using var clean = TryOpen(there, path);
        if (own is null || clean is null)
        {
            return own is not null ? ("file-extra", null, null) : clean is not null ? ("file-missing", null, null) : null;
        }

        var (mine, wanted) = (Libc.fstatx(own), Libc.fstatx(clean));
        if (IsSame(mine, wanted) || (IsDirectory(mine) && IsDirectory(wanted)))
        {
            return null;
        }

        if ((mine.Mode, mine.Uid, mine.Gid) != (wanted.Mode, wanted.Uid, wanted.Gid))
        {
            return ("file-changed", Attributes(mine), Attributes(wanted));
        }

        return (mine.Mode & Libc.S_IFMT) switch
        {
            Libc.S_IFREG => Differ(Digest(here, path), Digest(there, path)),
            Libc.S_IFLNK => Differ(Libc.ReadLink(own, ""), Libc.ReadLink(clean, "")),
            _ => null,
        };
    }

    private static (string Kind, string? Here, string? There)? Differ(string mine, string wanted) =>
        string.Equals(mine, wanted, StringComparison.Ordinal) ? null : ("file-changed", mine, wanted);

    private static bool IsSame(Libc.Statx a, Libc.Statx b) => (a.Inode, a.DevMajor, a.DevMinor) == (b.Inode, b.DevMajor, b.DevMinor);

    private static bool IsDirectory(Libc.Statx stat) => (stat.Mode & Libc.S_IFMT) == Libc.S_IFDIR;

    private static string Attributes(Libc.Statx stat) =>
        string.Create(CultureInfo.InvariantCulture, $"{TypeOf(stat)}mode {Convert.ToString(stat.Mode & 0xfff, 8)}, owner {stat.Uid}:{stat.Gid}");

    private static string TypeOf(Libc.Statx stat) => (stat.Mode & Libc.S_IFMT) switch
    {
        Libc.S_IFREG => "",
        Libc.S_IFLNK => "symlink, ",
        Libc.S_IFDIR => "directory, ",
        _ => "special file, ",
    };

    private string Digest(SafeFileHandle root, string path)
    {
        // a FIFO that has taken its place must not make us wait
        using var file = Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; (Libc.fstatx(file).Mode & Libc.S_IFMT) == Libc.S_IFREG && RandomAccess.Read(file, _buffer, at) is > 0 and var count; at += count)
        {
            hash.AppendData(_buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static SafeFileHandle? TryOpen(SafeFileHandle root, string path)
    {
        try
        {
            return Libc.openInRoot(root, path, Libc.O_PATH | Libc.O_NOFOLLOW);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.EXDEV or ErrnoNames.EAGAIN)
        {
            return null;
        }
    }
}
