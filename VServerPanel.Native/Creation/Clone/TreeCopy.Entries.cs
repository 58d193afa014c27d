using System.Runtime.InteropServices;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Creation.Clone;

/// <summary>What is in a directory.</summary>
internal sealed unsafe partial class TreeCopy
{
    private void CopyEntry(EntryReader entry, CopiedDirectory directory)
    {
        if (entry.Type == EntryReader.Directory)
        {
            _work.Push(new CopiedDirectory(directory, entry));
            return;
        }

        if (entry.Type == EntryReader.Regular)
        {
            CopyFile(entry, directory);
            return;
        }

        if (!Libc.TryStatx(directory.SourceFd, entry.Name, out var stat))
        {
            Interlocked.Increment(ref _changed);
            return;
        }

        switch ((ushort)(stat.Mode & Libc.S_IFMT))
        {
            case Libc.S_IFDIR:
                _work.Push(new CopiedDirectory(directory, entry));
                break;
            case Libc.S_IFREG:
                CopyFile(entry, directory);
                break;
            case Libc.S_IFLNK:
                Once(stat, entry, directory, () => CopySymlink(entry, directory, stat));
                break;
            case Libc.S_IFIFO:
                Once(stat, entry, directory, () =>
                {
                    ErrnoException.ThrowIfFailed(Libc.mkfifoat(directory.Target!, entry.Text, 0b110_000_000), "mkfifoat", entry.Text);
                    Metadata(directory.Source!, entry.Text, stat).Apply(directory.Target!, entry.Text, isSymlink: false);
                });
                break;
            case Libc.S_IFSOCK:
                // its server makes it again
                break;
            default:
                Interlocked.Increment(ref _leftOut);
                break;
        }
    }

    private void CopySymlink(EntryReader entry, CopiedDirectory directory, in Libc.Statx stat)
    {
        // PATH_MAX bounds what symlink(2) takes
        var target = stackalloc byte[4098];
        var length = Libc.readlinkat(directory.SourceFd, entry.Name, target, 4097);
        ErrnoException.ThrowIfFailed(length, "readlinkat", entry.Text);
        target[length] = 0;
        ErrnoException.ThrowIfFailed(Libc.symlinkat(target, directory.TargetFd, entry.Name), "symlinkat", entry.Text);

        // no mode (symlink(7)), and none of the attributes that are kept (xattr(7))
        ErrnoException.ThrowIfFailed(_new.IsOwnerGiven(stat) ? 0 : Libc.fchownat(directory.TargetFd, entry.Name, stat.Uid, stat.Gid, Libc.AT_SYMLINK_NOFOLLOW), "fchownat", entry.Text);
        var times = stackalloc Libc.Timespec[2];
        times[0] = times[1] = new Libc.Timespec { Seconds = stat.Modify.Seconds, Nanoseconds = stat.Modify.Nanoseconds };
        ErrnoException.ThrowIfFailed(Libc.utimensat(directory.TargetFd, entry.Name, times, Libc.AT_SYMLINK_NOFOLLOW), "utimensat", entry.Text);
    }

    /// <summary>Makes an entry; a further name of what has been made already becomes a link to that.</summary>
    private void Once(in Libc.Statx stat, EntryReader entry, CopiedDirectory directory, Action make)
    {
        if (stat.LinkCount <= 1)
        {
            make();
            return;
        }

        LinkedFile file;
        lock (_linked)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_linked, (ScanRoot.Pack(stat.DevMajor, stat.DevMinor), stat.Inode), out _);
            file = known ??= new LinkedFile();
        }

        // whoever comes second waits until the first is whole
        lock (file)
        {
            if (file.Path is not null)
            {
                ErrnoException.ThrowIfFailed(Libc.linkat(_root.Target!, file.Path, directory.Target!, entry.Text, 0), "linkat", file.Path);
                return;
            }

            make();
            file.Path = directory.Path.Length == 0 ? entry.Text : $"{directory.Path}/{entry.Text}";
        }
    }
}
