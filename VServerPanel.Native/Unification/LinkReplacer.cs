using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>The second half of sharing by hard links, one for each thread: puts an inode of staging in the place of members' files.</summary>
/// <remarks>
/// By exchange (renameat2(2), RENAME_EXCHANGE): what came out is looked at before it is removed. If a guest has put another file there in between, that one goes
/// back to its place. The lease of the old file is kept some files longer: whoever had found the old one by its name and now opens it for writing waits, is seen, and gets
/// it back.
/// </remarks>
internal sealed unsafe partial class LinkReplacer(SharingWork work, StagingArea staging, int thread, DirectoryTimes times, DirectoryDescriptors directories) : IDisposable
{
    private const int MostWaiting = 64;

    // fcntl(2), F_DUPFD_CLOEXEC
    private const int DuplicateDescriptor = 1030;

    private readonly TreeScan _scan = work.Scan;
    private readonly ExtendedAttributes _attributes = new(work.Attributes);
    private readonly Queue<Replaced> _waiting = new();
    private readonly HashSet<int> _entered = [];
    private readonly int _links = staging.LinksOf(thread);
    private int _number;

    /// <summary>Whether members get content of their own again: what is put in their place is not shared.</summary>
    public bool IsSeparating { get; init; }

    /// <summary>What names in staging count on from, where another has worked there before: what was kept has its name still.</summary>
    public int FirstNumber { init => _number = value; }

    /// <summary>Puts a class's inode in the place of its files.</summary>
    public void Replace(PendingClass pending)
    {
        ReadOnlySpan<int> rows = pending.Rows;
        var source = new StagedName('s', pending.Number);
        fixed (byte* name = source)
        {
            var inodes = 0;
            for (int from = 0, to; from < rows.Length; from = to)
            {
                ref var first = ref _scan.Files[rows[from]];
                for (to = from + 1; to < rows.Length && _scan.Files[rows[to]].Inode == first.Inode && _scan.Files[rows[to]].Device == first.Device; to++)
                {
                }

                ReplaceInode(pending, inodes++, staging[pending.Thread], name, rows[from..to]);
            }

            Finish(staging[pending.Thread], name);
        }
    }

    /// <summary>Removes what has waited, and puts the times of directories back.</summary>
    public void Flush()
    {
        RetireAll();
        Leave();
    }

    private void RetireAll()
    {
        while (_waiting.Count > 0)
        {
            Retire(_waiting.Dequeue());
        }
    }

    public void Dispose()
    {
        Leave();
        foreach (var left in _waiting)
        {
            left.Close();
        }

        _attributes.Dispose();
    }

    private void ReplaceInode(PendingClass pending, int number, int directory, byte* source, ReadOnlySpan<int> rows)
    {
        var row = _scan.Files[rows[0]];
        Libc.Statx stat;
        SkipReason reason;
        var fd = pending.TakeDescriptor(number);
        fd = fd >= 0 ? OpenedFile.Check(fd, row, out stat, out reason) : OpenedFile.Open(directories[row.Directory], _scan.Names[row.Name], row, withLease: true, out stat, out reason, isProtected: IsSeparating && row.Links > 1);
        if (fd >= 0 && (work.IsQuick || IsSeparating) && _attributes.NumberOf(fd, out reason) != pending.Attributes && reason == SkipReason.None)
        {
            reason = SkipReason.Attributes;
        }

        if (reason != SkipReason.None)
        {
            if (fd >= 0)
            {
                _ = Libc.close(fd);
            }

            work.Refuse(rows, reason);
            return;
        }

        var isFrozen = (stat.Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0;
        if (isFrozen)
        {
            FaultPoint.Reach();
            SharedMark.Freeze(fd, false);
        }

        var done = new Replaced(fd, row.Inode, row.Links, isFrozen, []);
        foreach (var index in rows)
        {
            if (Exchange(pending.Inode, directory, source, index) is { } place)
            {
                done.Names.Add((index, _number, place));
            }
        }

        if (done.Names.Count == 0)
        {
            Release(done, 0);
            return;
        }

        _waiting.Enqueue(done);
        if (_waiting.Count > MostWaiting)
        {
            Retire(_waiting.Dequeue());
        }
    }

    /// <summary>Puts a link to the staged inode in the place of one name.</summary>
    /// <returns>A descriptor of its directory, by which what came out finds back whatever a running vserver calls it by then; -1 where none runs, null where it was not done.</returns>
    private int? Exchange(ulong inode, int directory, byte* source, int index)
    {
        ref var row = ref _scan.Files[index];
        var to = directories[row.Directory];
        var name = _scan.Names[row.Name];
        var temporary = new StagedName('t', ++_number);
        fixed (byte* link = temporary)
        {
            FaultPoint.Reach();
            if (to < 0 || Libc.linkat(directory, source, _links, link, 0) != 0)
            {
                Fail(index, to < 0 ? SkipReason.Changed : SkipReason.Unreadable);
                return null;
            }

            Enter(row.Directory, to);
            FaultPoint.Reach();
            FaultPoint.Stage("exchanging");
            if (Libc.renameat2(_links, link, to, name, Libc.RENAME_EXCHANGE) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                _ = Libc.unlinkat(_links, link, 0);
                Fail(index, errno == ErrnoNames.ENOENT ? SkipReason.Changed : errno == ErrnoNames.EPERM ? SkipReason.SpecialFlags : SkipReason.Unreadable);
                LeaveUnlessQuiet();
                return null;
            }

            FaultPoint.Reach();
            FaultPoint.Stage("exchanged");

            // also not one whose mode or owner was just changed: that would be lost with it
            Libc.Statx stat;
            var isOurs = Libc.statx(_links, link, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) == 0 && OpenedFile.IsSame(stat, row, isProtected: true);
            if (!isOurs)
            {
                PutBack(index, to, _number, inode);
                Fail(index, SkipReason.Changed);
            }

            LeaveUnlessQuiet();
            if (!isOurs)
            {
                return null;
            }
        }

        row.Inode = inode;
        row.Marks |= FileMarks.Replaced | (IsSeparating ? FileMarks.None : FileMarks.Shared);
        row.Reason = SkipReason.None;
        return work.IsQuiet ? -1 : Libc.fcntl(to, DuplicateDescriptor, 0);
    }

    private void Enter(int directory, int fd)
    {
        if (_entered.Add(directory))
        {
            times.Enter(directory, fd);
        }
    }

    // what a running vserver does in its directory meanwhile shall move its time
    private void LeaveUnlessQuiet()
    {
        if (!work.IsQuiet)
        {
            Leave();
        }
    }

    private void Leave()
    {
        foreach (var directory in _entered)
        {
            times.Leave(directory, directories[directory]);
        }

        _entered.Clear();
    }

    private void Fail(int index, SkipReason reason)
    {
        work.Refuse([index], reason);
    }
}
