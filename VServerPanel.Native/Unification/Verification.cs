using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Looks at every changed file again, by its path: the right inode, and mode, owner, size and time as the scan saw them.</summary>
internal sealed class Verification(SharingWork work, UnificationRequest request)
{
    private readonly TreeScan _scan = work.Scan;
    private long _verified;
    private string? _fault;

    /// <summary>InputOutput: one is not as it must be; null where all are.</summary>
    public ProblemException? Fault => _fault is null ? null : new ProblemException(ProblemCode.InputOutput, _fault);

    /// <returns>How many files were looked at.</returns>
    public long Run()
    {
        var next = -1;
        ParallelWork.Run(request.Threads, (_, stop) =>
        {
            using var directories = new DirectoryDescriptors(_scan);
            using var blocks = new BlockMap();
            for (int chunk; !stop() && (chunk = Interlocked.Increment(ref next)) < _scan.Files.ChunkCount;)
            {
                for (var i = 0; i < _scan.Files.UsedOf(chunk); i++)
                {
                    ref var row = ref _scan.Files[(chunk << ChunkedTable<FileRow>.ChunkBits) + i];
                    if ((row.Marks & (FileMarks.Replaced | FileMarks.Touched)) != FileMarks.None)
                    {
                        Look(ref row, directories, blocks);
                    }
                }
            }
        });
        return _verified;
    }

    private unsafe void Look(ref FileRow row, DirectoryDescriptors directories, BlockMap blocks)
    {
        Libc.Statx stat;
        var directory = directories[row.Directory];
        if (directory < 0 || Libc.statx(directory, _scan.Names[row.Name], Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) != 0 || stat.Inode != row.Inode)
        {
            // a running vserver has replaced or removed it since: that is its right
            row.Marks &= ~(FileMarks.Shared | FileMarks.Known);
            row.Reason = SkipReason.Changed;
            return;
        }

        Interlocked.Increment(ref _verified);
        var isSame = (long)stat.Size == row.Size && stat.Mode == row.Mode && stat.Uid == row.Uid && stat.Gid == row.Gid && stat.Modify.Seconds == row.ModifySeconds && stat.Modify.Nanoseconds == row.ModifyNanoseconds;
        if (work.Method != SharingMethod.Reflink)
        {
            (row.ChangeSeconds, row.ChangeNanoseconds, row.Links) = (stat.Change.Seconds, stat.Change.Nanoseconds, stat.LinkCount);
            if (!isSame && !work.IsQuiet && stat.LinkCount == 1)
            {
                // a running vserver has removed the other names of it, and then written into its own file
                row.Marks &= ~(FileMarks.Shared | FileMarks.Known);
                row.Reason = SkipReason.Changed;
            }
            else if (!isSame || (request.IsVerified && row.Has(FileMarks.Shared) && !IsProtected(directory, row)))
            {
                _fault ??= $"'{_scan.Trees[_scan.TreeOf(row)]}/{_scan.PathOf(row)}' is not as it was before, or not protected: restore it, and tell the makers of VServerPanel.";
            }
        }
        else if (!isSame || (request.IsVerified && !SharesBlocks(directory, row, blocks)))
        {
            // its inode is the vserver's own, who may have written into it since
            row.Marks &= ~(FileMarks.Shared | FileMarks.Known);
            row.Reason = SkipReason.Changed;
        }
    }

    private unsafe bool IsProtected(int directory, in FileRow row)
    {
        var fd = OpenedFile.OpenUnchecked(directory, _scan.Names[row.Name], out _);
        var result = fd >= 0 && Libc.TryStatx(fd, out var stat)
            && (stat.LinkCount < 2 || (SharedMark.IsOn(fd, stat, work.IsImmutable) && (!work.IsImmutable || (SharedMark.FlagsOf(fd) & Libc.FS_IMMUTABLE_FL) != 0)));
        _ = Libc.close(fd);
        return result;
    }

    private unsafe bool SharesBlocks(int directory, in FileRow row, BlockMap blocks)
    {
        var fd = OpenedFile.OpenUnchecked(directory, _scan.Names[row.Name], out _);
        var isShared = false;
        var isCertain = fd >= 0 && blocks.HashOf(fd, row.Size, out isShared) != 0;
        _ = Libc.close(fd);
        return isShared || !isCertain;
    }
}
