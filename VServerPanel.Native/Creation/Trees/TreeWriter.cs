using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Trees;

/// <summary>Makes a tree from the entries of an archive that is not trusted: whatever names and symlinks it holds, nothing outside of the tree is
/// touched (openat2(2), RESOLVE_IN_ROOT), and no device nodes are made.</summary>
internal sealed class TreeWriter(SafeFileHandle root, SpaceGuard guard) : IDisposable
{
    private readonly Dictionary<string, EntryMetadata> _directories = [];
    private SafeFileHandle? _parent;
    private string? _parentPath;

    /// <summary>Entries made.</summary>
    public long Entries { get; private set; }

    public void AddDirectory(string path, EntryMetadata metadata)
    {
        var entry = Split(path);
        if (entry.Name.Length > 0)
        {
            Create(entry, p => Libc.mkdirat(p, entry.Name, 0b111_000_000), keepsDirectory: true);
        }

        // what comes into it changes its time, and its mode may not let anything in
        _directories[Join(entry)] = metadata;
    }

    public void AddFile(string path, EntryMetadata metadata, FileContent content)
    {
        var entry = Split(path);
        Create(entry, p => Libc.mknodat(p, entry.Name, Libc.S_IFREG | 0b110_000_000u, 0));
        using (var file = Libc.openat(_parent, entry.Name, Libc.O_WRONLY | Libc.O_NOFOLLOW))
        {
            content.WriteTo(file, guard);
        }

        metadata.Apply(_parent!, entry.Name, isSymlink: false);
    }

    public void AddSymlink(string path, EntryMetadata metadata, string target)
    {
        var entry = Split(path);
        Create(entry, p => Libc.symlinkat(target, p, entry.Name));
        metadata.Apply(_parent!, entry.Name, isSymlink: true);
    }

    public void AddFifo(string path, EntryMetadata metadata)
    {
        var entry = Split(path);
        Create(entry, p => Libc.mkfifoat(p, entry.Name, 0b110_000_000));
        metadata.Apply(_parent!, entry.Name, isSymlink: false);
    }

    /// <summary>A second name for an entry of this tree.</summary>
    public void AddHardLink(string path, string existing)
    {
        var (entry, target) = (Split(path), Split(existing));
        using var from = OpenParent(target.Parent, make: false)
            ?? throw Damaged($"'{path}' is a hard link to '{existing}', which is not in it");
        if (Join(entry) == Join(target))
        {
            return;
        }

        Create(entry, p => Libc.linkat(from, target.Name, p, entry.Name, 0));
    }

    /// <summary>Removes an entry that an earlier layer made; nothing where it is not there.</summary>
    public void Remove(string path)
    {
        var entry = Split(path);
        using var parent = OpenParent(entry.Parent, make: false);
        if (parent is not null && entry.Name.Length > 0)
        {
            ForgetParent();
            TreeRemoval.RemoveAt(parent, entry.Name);
        }
    }

    /// <summary>Removes the content of a directory, but for the paths that are kept; nothing where it is not there.</summary>
    public void RemoveContent(string path, IReadOnlySet<string> kept)
    {
        var below = Join(Split(path));
        using var directory = OpenParent(below, make: false);
        if (directory is not null)
        {
            ForgetParent();
            RemoveContent(directory, below, kept);
        }
    }

    private static void RemoveContent(SafeFileHandle directory, string path, IReadOnlySet<string> kept)
    {
        using var reader = Libc.openat(directory, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var entry in DirectoryReader.Read(reader))
        {
            var name = path.Length == 0 ? entry.Name : $"{path}/{entry.Name}";
            if (!kept.Contains(name))
            {
                TreeRemoval.RemoveAt(directory, entry.Name);
            }
            else if ((Libc.statx(directory, entry.Name).Mode & Libc.S_IFMT) == Libc.S_IFDIR)
            {
                using var child = Libc.openat(directory, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                RemoveContent(child, name, kept);
            }
        }
    }

    /// <summary>Gives the directories their owners, modes and times; the writer can go on with another layer after that.</summary>
    public void FinishDirectories()
    {
        ForgetParent();
        foreach (var (path, metadata) in _directories)
        {
            try
            {
                using var directory = Libc.openInRoot(root, path.Length == 0 ? "." : path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                metadata.Apply(directory, ".", isSymlink: false);
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
            {
                // a later entry took its place
            }
        }

        _directories.Clear();
    }

    public void Dispose() => ForgetParent();

    /// <summary>A name of an archive as components below the root: a leading '/' and '.' are dropped, as every unpacker does.</summary>
    /// <exception cref="ProblemException">InvalidArgument: '..' in it leads elsewhere; no honest root archive has it.</exception>
    public static IReadOnlyList<string> Components(string path)
    {
        var parts = path.Split('/').Where(p => p is not ("" or ".")).ToList();
        return parts.Contains("..") ? throw Damaged($"the name '{path}' leads out of it") : parts;
    }

    internal static ProblemException Damaged(string what) => new(ProblemCode.InvalidArgument, $"This archive is damaged or hostile: {what}. Nothing of it has been kept.");

    private static (string Parent, string Name) Split(string path)
    {
        var parts = Components(path);
        return parts.Count == 0 ? ("", "") : (string.Join('/', parts.Take(parts.Count - 1)), parts[^1]);
    }

    private static string Join((string Parent, string Name) entry) => entry.Parent.Length == 0 ? entry.Name : $"{entry.Parent}/{entry.Name}";

    private void Create((string Parent, string Name) entry, Func<SafeFileHandle, int> make, bool keepsDirectory = false)
    {
        if (entry.Name.Length == 0)
        {
            throw Damaged("its root is no directory");
        }

        if (_parent is null || _parentPath != entry.Parent)
        {
            ForgetParent();
            _parent = OpenParent(entry.Parent, make: true)!;
            _parentPath = entry.Parent;
        }

        Entries++;
        if (make(_parent) == 0)
        {
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != ErrnoNames.EEXIST)
        {
            throw errno == ErrnoNames.ENOENT ? Damaged($"'{entry.Name}' is a link to what is not in it") : new ErrnoException(errno, "create", Join(entry));
        }

        // an archive may hold a name twice, and a layer replaces what another made: the last wins
        if (keepsDirectory && (Libc.statx(_parent, entry.Name).Mode & Libc.S_IFMT) == Libc.S_IFDIR)
        {
            return;
        }

        TreeRemoval.RemoveAt(_parent, entry.Name);
        ErrnoException.ThrowIfFailed(make(_parent), "create", Join(entry));
    }

    // symlinks on the way lead where they lead in the guest: /lib may be a symlink to /usr/lib
    private SafeFileHandle? OpenParent(string path, bool make)
    {
        try
        {
            return Open(path);
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOENT && !make)
        {
            return null;
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOENT)
        {
            var parts = path.Split('/');
            for (var i = 1; i <= parts.Length; i++)
            {
                using var above = Open(string.Join('/', parts.Take(i - 1)));
                if (Libc.mkdirat(above, parts[i - 1], 0b111_101_101) != 0 && Marshal.GetLastPInvokeError() != ErrnoNames.EEXIST)
                {
                    throw ErrnoException.Last("mkdirat", path);
                }
            }

            return OpenMade(path);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            throw Damaged($"'{path}' is a directory and something else");
        }

        SafeFileHandle Open(string what) => Libc.openInRoot(root, what.Length == 0 ? "." : what, Libc.O_RDONLY | Libc.O_DIRECTORY);

        SafeFileHandle OpenMade(string what)
        {
            try
            {
                return Open(what);
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
            {
                // a symlink to nowhere on the way
                throw Damaged($"'{what}' lies below a symlink that leads nowhere");
            }
        }
    }

    private void ForgetParent()
    {
        _parent?.Dispose();
        (_parent, _parentPath) = (null, null);
    }
}
