using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Guest;

/// <summary>Small files of a guest's root, read and written without leaving it, whatever its symlinks say.</summary>
internal static class GuestRoot
{
    private const int MaximumSize = 4 << 20;

    /// <summary>Opens a directory; null where there is none.</summary>
    public static SafeFileHandle? TryOpenDirectory(SafeFileHandle root, string path)
    {
        try
        {
            return Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            return null;
        }
    }

    /// <summary>Makes a directory of the root's top where nothing of that name is.</summary>
    public static void EnsureDirectory(SafeFileHandle root, string name, uint mode)
    {
        if (!Libc.TryStatx(root, name, out _))
        {
            ErrnoException.ThrowIfFailed(Libc.mkdirat(root, name, 0b111_000_000), "mkdirat", name);
            ErrnoException.ThrowIfFailed(Libc.fchmodat(root, name, mode, 0), "fchmodat", name);
        }
    }

    /// <summary>Whether a directory has an entry of this name, a symlink to nowhere among them.</summary>
    public static bool Has(SafeFileHandle root, string path)
    {
        using var directory = TryOpenDirectory(root, DirectoryOf(path));
        return directory is not null && Libc.TryStatx(directory, Path.GetFileName(path), out _);
    }

    /// <summary>The text of a file; null where there is none, or none that we would read: a socket, a device, one of more than 4 MiB.</summary>
    public static string? Read(SafeFileHandle root, string path)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_NONBLOCK);
            var stat = Libc.fstatx(file);
            if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.Size > MaximumSize)
            {
                return null;
            }

            var bytes = new byte[stat.Size];
            return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.ENXIO or ErrnoNames.EAGAIN)
        {
            return null;
        }
    }

    /// <summary>Writes a file of root's, with mode 0644 if no other is given, in the place of whatever has its name; a symlink there is replaced, not followed.</summary>
    /// <returns>False where its directory is none.</returns>
    public static bool Write(SafeFileHandle root, string path, string text, uint mode = 0b110_100_100)
    {
        using var directory = TryOpenDirectory(root, DirectoryOf(path));
        if (directory is null)
        {
            return false;
        }

        var name = Path.GetFileName(path);
        var temporary = $".{name}.vserver-new";
        _ = Libc.unlinkat(directory, temporary, 0);
        using (var file = Libc.openat(directory, temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0b110_100_100))
        {
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(text), 0);
            ErrnoException.ThrowIfFailed(Libc.fchmod(file, mode), "fchmod", path);
        }

        var fd = (int)directory.DangerousGetHandle();
        ErrnoException.ThrowIfFailed(Libc.renameat2(fd, temporary, fd, name, 0), "renameat2", path);
        return true;
    }

    /// <summary>Removes a file or symlink.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Remove(SafeFileHandle root, string path)
    {
        using var directory = TryOpenDirectory(root, DirectoryOf(path));
        if (directory is null || Libc.unlinkat(directory, Path.GetFileName(path), 0) == 0)
        {
            return directory is not null;
        }

        return Marshal.GetLastPInvokeError() is ErrnoNames.ENOENT or ErrnoNames.EISDIR ? false : throw ErrnoException.Last("unlinkat", path);
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";
}
