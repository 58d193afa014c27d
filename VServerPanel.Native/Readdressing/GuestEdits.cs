using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary>A file of a vserver that says its name or addresses, before and after.</summary>
/// <param name="Path">In the vserver, without a leading slash.</param>
internal sealed record GuestEdit(string Path, byte[] Old, byte[] New);

/// <summary>Finds and changes a guest's own files. The guest is hostile: no symlink of it is followed, not even inside its root, and what is read is bounded.</summary>
internal static class GuestEdits
{
    private const int MaximumFiles = 64;
    private const int MaximumSize = 256 << 10;
    private const ulong NoLinks = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV;

    // interfaces(5), systemd.network(5), netplan(5), nm-settings-keyfile(5), and the files of Red Hat's network scripts
    private static readonly (string Directory, Func<string, bool> Is)[] s_network =
    [
        ("etc/network", n => n == "interfaces"),
        ("etc/network/interfaces.d", n => n.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')),
        ("etc/systemd/network", n => n.EndsWith(".network", StringComparison.Ordinal)),
        ("etc/netplan", n => n.EndsWith(".yaml", StringComparison.Ordinal)),
        ("etc/NetworkManager/system-connections", n => n.EndsWith(".nmconnection", StringComparison.Ordinal)),
        ("etc/sysconfig/network-scripts", n => n.StartsWith("ifcfg-", StringComparison.Ordinal)),
    ];

    public static IReadOnlyList<GuestEdit> Find(SafeFileHandle root, GuestWords words, Action<string> warn)
    {
        List<GuestEdit> edits = [];
        Look("etc/hostname", words.Hostname);
        Look("etc/mailname", words.Mailname);
        Look("etc/hosts", words.Hosts);
        Look("etc/sysconfig/network", words.SysconfigNetwork);
        foreach (var (directory, isOne) in s_network)
        {
            foreach (var name in NamesIn(root, directory, warn).Where(isOne).Order(StringComparer.Ordinal).Take(MaximumFiles))
            {
                Look($"{directory}/{name}", words.Network);
            }
        }

        foreach (var orphan in words.Orphans)
        {
            warn($"{orphan} goes and no other address comes in its place: what the files of the vserver say of it stays.");
        }

        return edits;

        void Look(string path, Func<string, string> change)
        {
            if (Read(root, path, warn) is not { } old)
            {
                return;
            }

            // one character for each byte, whatever it is
            var changed = Encoding.Latin1.GetBytes(change(Encoding.Latin1.GetString(old)));
            if (!changed.AsSpan().SequenceEqual(old))
            {
                edits.Add(new GuestEdit(path, old, changed));
            }
        }
    }

    /// <summary>Replaces a file whose content is still <paramref name="expected"/>; owner and mode stay.</summary>
    /// <returns>False where it is another, or gone.</returns>
    public static bool Replace(HostPaths paths, VServerName vserver, string path, byte[] expected, byte[] content)
    {
        using var root = StorageCheck.OpenRoot(paths.VServers, vserver);
        using var directory = OpenParent(root, path);
        if (directory is null || Read(root, path, _ => { }) is not { } now || !now.AsSpan().SequenceEqual(expected))
        {
            return false;
        }

        var name = Path.GetFileName(path);
        var temporary = $".{name}.vserver-new";
        _ = Libc.unlinkat(directory, temporary, 0);
        if (!Libc.TryStatx(directory, name, out var stat) || (stat.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            return false;
        }

        try
        {
            using (var file = Libc.openat(directory, temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0b110_000_000))
            {
                RandomAccess.Write(file, content, 0);
                ErrnoException.ThrowIfFailed(Libc.fchown(file, stat.Uid, stat.Gid), "fchown", path);
                ErrnoException.ThrowIfFailed(Libc.fchmod(file, stat.Mode & 0xfffu), "fchmod", path);
                ErrnoException.ThrowIfFailed(Libc.fsync(file), "fsync", path);
            }

            FaultPoint.Reach();
            var fd = (int)directory.DangerousGetHandle();
            ErrnoException.ThrowIfFailed(Libc.renameat2(fd, temporary, fd, name, 0), "renameat2", path);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.EEXIST or ErrnoNames.EISDIR or ErrnoNames.ENOTDIR or ErrnoNames.ENOENT)
        {
            // its own root has put something else there at this moment: that is his, and keeps nobody from undoing the rest
            return false;
        }

        ErrnoException.ThrowIfFailed(Libc.fsync(directory), "fsync", path);
        return true;
    }

    private static byte[]? Read(SafeFileHandle root, string path, Action<string> warn)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW, resolve: NoLinks);
            var stat = Libc.fstatx(file);
            if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.Size > MaximumSize)
            {
                warn($"'/{path}' is no file of at most {MaximumSize >> 10} KiB, and stays as it is.");
                return null;
            }

            var bytes = new byte[stat.Size];
            var length = 0;
            while (length < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(length), length) is > 0 and var read)
            {
                length += read;
            }

            return bytes[..length];
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR)
        {
            return null;
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ELOOP or ErrnoNames.EXDEV or ErrnoNames.ENXIO or ErrnoNames.EAGAIN)
        {
            warn($"'/{path}' is, or is reached by, a symlink or a mount, and stays as it is.");
            return null;
        }
    }

    private static SafeFileHandle? OpenParent(SafeFileHandle root, string path)
    {
        try
        {
            return Libc.openInRoot(root, Path.GetDirectoryName(path)!, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, resolve: NoLinks);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.EXDEV or ErrnoNames.EAGAIN)
        {
            return null;
        }
    }

    private static List<string> NamesIn(SafeFileHandle root, string path, Action<string> warn)
    {
        using var directory = OpenParent(root, path + "/.");
        var names = directory is null ? [] : DirectoryReader.Read(directory).Select(e => e.Name).Take(4096).ToList();
        if (names.Count > MaximumFiles)
        {
            warn($"'/{path}' has many files; {MaximumFiles} of them at most are looked at.");
        }

        return names;
    }
}
