using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Copies a tree whole: content (shared where the file system can), holes, hard links, owners, modes, times, extended attributes, ACLs. The
/// source may be of a running, hostile vserver: it is read by descriptors, and nothing is followed.</summary>
internal sealed partial class TreeCopy(SpaceGuard guard, CancellationToken cancel)
{
    // no path names anything deeper (PATH_MAX), and each level holds two descriptors
    private const int MaximumDepth = 2048;

    private readonly Dictionary<(uint Major, uint Minor, ulong Inode), string> _linked = [];
    private readonly HashSet<ulong> _mounts = [];
    private SafeFileHandle? _targetRoot;

    /// <summary>Paths below the source, "var/tmp", whose content is not copied.</summary>
    public IReadOnlySet<string> ExcludedContent { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Paths below the source where another file system may be mounted that is copied as well.</summary>
    public IReadOnlySet<string> EnteredMounts { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Called with the entries done.</summary>
    public Action<long>? Progress { get; init; }

    public long Entries { get; private set; }

    /// <summary>Files whose content is shared with the source's by reflink.</summary>
    public long Reflinked { get; private set; }

    /// <summary>Device nodes, which no vserver may have.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Files that changed or vanished while they were read.</summary>
    public long Changed { get; private set; }

    /// <summary>Copies the content of one open directory into another, and gives that the same metadata.</summary>
    public void Copy(SafeFileHandle source, SafeFileHandle target)
    {
        _targetRoot = target;
        _mounts.Add(Libc.fstatx(source).MountId);
        CopyContent(source, target, "", 0);
        Metadata(source, ".", Libc.fstatx(source)).Apply(target, ".", isSymlink: false);
    }

    private void CopyContent(SafeFileHandle source, SafeFileHandle target, string path, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"The source has directories nested deeper than {MaximumDepth}; no path names those. Look for them by 'find' and remove them.");
        }

        using var reader = Libc.openat(source, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var entry in DirectoryReader.Read(reader))
        {
            cancel.ThrowIfCancellationRequested();
            if (++Entries % 500 == 0)
            {
                Progress?.Invoke(Entries);
            }

            var below = path.Length == 0 ? entry.Name : $"{path}/{entry.Name}";
            try
            {
                CopyEntry(source, target, entry.Name, below, depth);
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.ENXIO)
            {
                // it vanished, or became something else, between two looks: as if it had never been there
                TreeRemoval.RemoveAt(target, entry.Name);
                Changed++;
            }
        }
    }

    private void CopyEntry(SafeFileHandle source, SafeFileHandle target, string name, string path, int depth)
    {
        if (!Libc.TryStatx(source, name, out var stat))
        {
            Changed++;
            return;
        }

        var type = (ushort)(stat.Mode & Libc.S_IFMT);
        if (type == Libc.S_IFDIR)
        {
            CopyDirectory(source, target, name, path, stat, depth);
            return;
        }

        var key = (stat.DevMajor, stat.DevMinor, stat.Inode);
        if (stat.LinkCount > 1 && _linked.TryGetValue(key, out var first))
        {
            ErrnoException.ThrowIfFailed(Libc.linkat(_targetRoot!, first, target, name, 0), "linkat", path);
            return;
        }

        switch (type)
        {
            case Libc.S_IFREG:
                if (!CopyFile(source, target, name, path, stat))
                {
                    return;
                }

                break;
            case Libc.S_IFLNK:
                ErrnoException.ThrowIfFailed(Libc.symlinkat(Libc.ReadLink(source, name), target, name), "symlinkat", path);
                break;
            case Libc.S_IFIFO:
                ErrnoException.ThrowIfFailed(Libc.mkfifoat(target, name, 0b110_000_000), "mkfifoat", path);
                break;
            case Libc.S_IFSOCK:
                // its server makes it again
                return;
            default:
                LeftOut++;
                return;
        }

        if (type != Libc.S_IFREG)
        {
            Metadata(source, name, stat).Apply(target, name, type == Libc.S_IFLNK);
        }

        if (stat.LinkCount > 1)
        {
            _linked.Add(key, path);
        }
    }

    private void CopyDirectory(SafeFileHandle source, SafeFileHandle target, string name, string path, in Libc.Statx stat, int depth)
    {
        using var from = Libc.openat(source, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var opened = Libc.fstatx(from);
        ErrnoException.ThrowIfFailed(Libc.mkdirat(target, name, 0b111_000_000), "mkdirat", path);
        using var to = Libc.openat(target, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (EnteredMounts.Contains(path))
        {
            _mounts.Add(opened.MountId);
        }

        if (_mounts.Contains(opened.MountId) && !ExcludedContent.Contains(path))
        {
            CopyContent(from, to, path, depth + 1);
        }

        Metadata(from, ".", stat).Apply(to, ".", isSymlink: false);
    }

    private static EntryMetadata Metadata(SafeFileHandle directory, string name, in Libc.Statx stat)
    {
        var attributes = new List<KeyValuePair<string, byte[]>>();
        foreach (var attribute in Libc.XattrNames(directory, name).Where(EntryMetadata.IsKept))
        {
            if (Libc.Xattr(directory, name, attribute) is { } value)
            {
                attributes.Add(new(attribute, value));
            }
        }

        return new EntryMetadata(stat.Mode & 0xfffu, stat.Uid, stat.Gid, stat.Modify.Seconds, stat.Modify.Nanoseconds, attributes);
    }
}
