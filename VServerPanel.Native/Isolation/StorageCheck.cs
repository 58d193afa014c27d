using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>Refuses storage on which a guest's set-user-id files could be run by the host's users.</summary>
/// <remarks>On disk a guest's root is uid 0, so a set-user-id program of his belongs to the host's root. Two walls keep it from the host's users:
/// they cannot enter the directory, and the host's mount runs nothing in it.</remarks>
internal static class StorageCheck
{
    private const uint GroupAndOthers = 0b000_111_111;

    /// <summary>Opens the root of a vserver, after both walls have been seen to stand.</summary>
    /// <param name="storage">The directory that holds the trees.</param>
    /// <param name="name">The vserver.</param>
    /// <exception cref="ProblemException">NotPermitted: a wall is missing, with what to do; NotFound: there is no tree.</exception>
    public static SafeFileHandle OpenRoot(string storage, VServerName name)
    {
        using var directory = Libc.open(storage, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var stat = Libc.fstatx(directory);
        if (stat.Uid != 0 || (stat.Mode & GroupAndOthers) != 0)
        {
            throw new ProblemException(
                ProblemCode.NotPermitted,
                $"'{storage}' must belong to root with mode 0700, so that no user of this host can run a guest's programs. 'vserver-setup' sets it so.",
                path: storage);
        }

        if (!Libc.TryStatx(directory, name.Value, out var tree))
        {
            throw new ProblemException(ProblemCode.NotFound, $"{name} has no tree: '{storage}/{name}' is not there. 'vserver {name} build' makes one.", path: $"{storage}/{name}");
        }

        if ((tree.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{storage}/{name}' is not a directory. A vserver's root must be one, and no symlink.", path: $"{storage}/{name}");
        }

        // never through a symlink: the tree must be what its name says
        var root = Libc.openInRoot(directory, name.Value, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, resolve: Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS);
        try
        {
            RequireHardened(root, $"{storage}/{name}");
            return root;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    private static void RequireHardened(SafeFileHandle root, string path)
    {
        ErrnoException.ThrowIfFailed(Libc.fstatvfs(root, out var fileSystem), "fstatvfs", path);
        var missing = new List<string>();
        AddIfMissing(Libc.ST_NOSUID, "nosuid");
        AddIfMissing(Libc.ST_NODEV, "nodev");
        AddIfMissing(Libc.ST_NOEXEC, "noexec");
        if (missing.Count > 0)
        {
            throw new ProblemException(
                ProblemCode.NotPermitted,
                $"'{path}' is mounted without {string.Join(", ", missing)}: a guest's programs could be run on the host. 'vserver-setup' mounts the trees so.",
                path: path);
        }

        void AddIfMissing(ulong flag, string word)
        {
            if ((fileSystem.Flags & flag) == 0)
            {
                missing.Add(word);
            }
        }
    }
}
