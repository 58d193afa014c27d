using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>Copies a tree whole: content (shared where the file system can), holes, hard links, owners, modes, times, extended attributes, ACLs. The
/// source may be of a running, hostile vserver: it is read by descriptors, and nothing is followed. Directories are copied side by side.</summary>
internal sealed partial class TreeCopy(SpaceGuard guard, CancellationToken cancel)
{
    // no path names anything deeper (PATH_MAX), and each level holds two descriptors
    private const int MaximumDepth = 2048;
    private const int Workers = 8;

    private readonly Dictionary<(uint Device, ulong Inode), LinkedFile> _linked = [];
    private readonly HashSet<ulong> _mounts = [];
    private readonly HashSet<CopiedDirectory> _open = [];
    private readonly WorkStack<CopiedDirectory> _work = new();
    private readonly NewFileRules _new = NewFileRules.Read();
    private CopiedDirectory _root = null!;
    private long _entries;
    private long _reflinked;
    private long _hardLinked;
    private long _leftOut;
    private long _changed;

    /// <summary>Paths below the source, "var/tmp", whose content is not copied.</summary>
    public IReadOnlySet<string> ExcludedContent { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Paths below the source where another file system may be mounted that is copied as well.</summary>
    public IReadOnlySet<string> EnteredMounts { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Links to files that the host made to be shared, instead of copies of them; null: there are none.</summary>
    public SharedFileLinks? Links { get; init; }

    /// <summary>Called with the entries done, by any thread.</summary>
    public Action<long>? Progress { get; init; }

    public long Entries => _entries;

    /// <summary>Files whose content is shared with the source's by reflink.</summary>
    public long Reflinked => _reflinked;

    /// <summary>Files that are the source's own, by a further link.</summary>
    public long HardLinked => _hardLinked;

    /// <summary>Device nodes, which no vserver may have.</summary>
    public long LeftOut => _leftOut;

    /// <summary>Files that changed or vanished while they were read.</summary>
    public long Changed => _changed;

    /// <summary>Copies the content of one open directory into another, and gives that the same metadata.</summary>
    public void Copy(SafeFileHandle source, SafeFileHandle target)
    {
        using var openFiles = OpenFiles.RaiseLimit();
        var stat = Libc.fstatx(source);
        _mounts.Add(stat.MountId);
        _new.LearnFrom(Libc.fstatx(target));
        _root = new CopiedDirectory(source, target, stat);
        _work.Push(_root);
        var workers = Enumerable.Range(0, Workers).Select(_ => new EntryReader()).ToList();
        try
        {
            _work.Run(workers, CopyDirectory);
        }
        finally
        {
            workers.ForEach(w => w.Dispose());

            // of a copy that failed: who undoes it needs descriptors, too
            foreach (var directory in _open)
            {
                directory.Close();
            }
        }
    }

    private void CopyDirectory(EntryReader reader, CopiedDirectory directory)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_open)
        {
            _open.Add(directory);
        }

        if (Enter(directory))
        {
            CopyContent(reader, directory);
        }

        Leave(directory);
    }

    /// <summary>Opens it, and makes the copy. False where nothing in it is copied.</summary>
    private unsafe bool Enter(CopiedDirectory directory)
    {
        if (directory.Parent is not { } parent)
        {
            // a descriptor of its own reads from the first entry
            directory.Source = Libc.openat(directory.Source!, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
            return true;
        }

        if (directory.Depth > MaximumDepth)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"The source has directories nested deeper than {MaximumDepth}; no path names those. Look for them by 'find' and remove them.");
        }

        fixed (byte* name = directory.Name)
        {
            var fd = Libc.OpenEntry(parent.SourceFd, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (fd < 0)
            {
                if (!IsVanished(Marshal.GetLastPInvokeError()))
                {
                    throw ErrnoException.Last("openat", directory.Path);
                }

                Interlocked.Increment(ref _changed);
                return false;
            }

            directory.Source = new SafeFileHandle(fd, ownsHandle: true);
            ErrnoException.ThrowIfFailed(Libc.mkdirat(parent.TargetFd, name, 0b111_000_000), "mkdirat", directory.Path);
            fd = Libc.OpenEntry(parent.TargetFd, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            ErrnoException.ThrowIfFailed(fd, "openat", directory.Path);
            directory.Target = new SafeFileHandle(fd, ownsHandle: true);
        }

        directory.Stat = Libc.fstatx(directory.Source);
        return IsCopied(directory);
    }

    private bool IsCopied(CopiedDirectory directory)
    {
        if (ExcludedContent.Contains(directory.Path))
        {
            return false;
        }

        lock (_mounts)
        {
            if (EnteredMounts.Contains(directory.Path))
            {
                _mounts.Add(directory.Stat.MountId);
            }

            return _mounts.Contains(directory.Stat.MountId);
        }
    }

    private void CopyContent(EntryReader reader, CopiedDirectory directory)
    {
        reader.Begin();
        while (reader.Next(directory.SourceFd))
        {
            cancel.ThrowIfCancellationRequested();
            if (Interlocked.Increment(ref _entries) % 500 == 0)
            {
                Progress?.Invoke(_entries);
            }

            try
            {
                CopyEntry(reader, directory);
            }
            catch (ErrnoException e) when (IsVanished(e.Errno))
            {
                // it vanished, or became something else, between two looks: as if it had never been there
                TreeRemoval.RemoveAt(directory.Target!, reader.Text);
                Interlocked.Increment(ref _changed);
            }
        }
    }

    /// <summary>One that has been read, or a part of it that was: the last gives the copy its metadata, for what comes into a directory changes its time.</summary>
    private void Leave(CopiedDirectory? directory)
    {
        for (; directory is not null && directory.IsLast(); directory = directory.Parent)
        {
            if (directory.Target is { } target)
            {
                _new.ApplyToDirectory(directory.SourceFd, (int)target.DangerousGetHandle(), directory.Stat, directory.Path);
            }

            lock (_open)
            {
                _open.Remove(directory);
            }

            directory.Close();
        }
    }

    private static bool IsVanished(int errno) => errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.ENXIO;

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
