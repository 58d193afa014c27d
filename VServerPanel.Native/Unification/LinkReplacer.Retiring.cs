using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>What becomes of the files that were replaced.</summary>
internal sealed unsafe partial class LinkReplacer
{
    private const int MostTries = 100;

    /// <summary>Removes an old file for good, unless somebody waits to write into it: then it goes back to its place.</summary>
    private void Retire(Replaced old)
    {
        if (!OpenedFile.IsUndisturbed(old.Descriptor))
        {
            foreach (var (index, number, place) in old.Names)
            {
                ref var row = ref _scan.Files[index];
                PutBack(index, place >= 0 ? place : directories[row.Directory], number, row.Inode);
                row.Inode = old.Inode;
                row.Marks &= ~(FileMarks.Replaced | FileMarks.Shared);
                Fail(index, SkipReason.BeingWritten);
            }

            Release(old, 0);
            return;
        }

        var count = 0;
        foreach (var (index, number, _) in old.Names)
        {
            var link = new StagedName('t', number);
            fixed (byte* name = link)
            {
                FaultPoint.Reach();
                if (Libc.unlinkat(_links, name, 0) != 0)
                {
                    // another name of it was retired before, and others share it still: it had been frozen again
                    SharedMark.Freeze(old.Descriptor, false);
                    old = old with { IsFrozen = true };
                    ErrnoException.ThrowIfFailed(Libc.unlinkat(_links, name, 0), "unlinkat");
                }
            }

            count++;
            var bytes = _scan.Files[index].Bytes;
            work.Changed(IsSeparating ? -bytes : count == old.Links ? bytes : 0);
        }

        Release(old, count);
    }

    /// <summary>Gives up the lease. What others still share keeps its protection. The last name's file is an ordinary one again: an immutable one is thawed here; for the kernel's
    /// protection its single name tells so, and its mark stays, since a clone of that vserver may be linking it at this moment.</summary>
    private static void Release(Replaced old, int removed)
    {
        if (old.Links > removed && old.Links > 1 && Libc.TryStatx(old.Descriptor, out var left))
        {
            if (left.LinkCount == 1 && SharedMark.IsOn(old.Descriptor, left, isImmutable: true))
            {
                FaultPoint.Reach();
                SharedMark.Clear(old.Descriptor);
            }
            else if (left.LinkCount > 1 && old.IsFrozen)
            {
                SharedMark.Freeze(old.Descriptor, true);
            }
        }

        old.Close();
    }

    /// <summary>Puts what has come out back to its place, whatever a guest puts there meanwhile: the newest wins. What cannot go back is kept.</summary>
    private void PutBack(int index, int directory, int number, ulong ours)
    {
        var name = _scan.Names[_scan.Files[index].Name];
        var temporary = new StagedName('t', number);
        fixed (byte* link = temporary)
        {
            var expected = ours;
            for (var tries = 0; tries < MostTries; tries++)
            {
                var held = InodeOf(link);
                FaultPoint.Reach();
                if (Libc.renameat2(_links, link, directory, name, Libc.RENAME_EXCHANGE) != 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno == ErrnoNames.ENOENT)
                    {
                        // the guest has removed or renamed the name: what it finds there is what it had there, unless it has put another there by now
                        errno = Libc.renameat2(_links, link, directory, name, Libc.RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();
                    }

                    if (errno == ErrnoNames.EEXIST)
                    {
                        continue;
                    }

                    if (errno is not (0 or ErrnoNames.ENOENT))
                    {
                        work.Kept.Enqueue(staging.Keep(index, thread, number, errno));
                        return;
                    }

                    // it is back, or the guest has removed the directory as well
                    RemoveLink(link);
                    return;
                }

                if (InodeOf(link) == expected)
                {
                    RemoveLink(link);
                    return;
                }

                expected = held;
            }

            // put there faster than this can look: what came out last is newer than what lies there
            work.Kept.Enqueue(staging.Keep(index, thread, number, ErrnoNames.EBUSY));
        }
    }

    private void RemoveLink(byte* link)
    {
        FaultPoint.Reach();
        _ = Libc.unlinkat(_links, link, 0);
    }

    /// <summary>All members are done: the staged name goes, and the inode is protected as its method wants.</summary>
    private void Finish(int directory, byte* source)
    {
        if (work.IsImmutable)
        {
            RetireAll();
        }

        Libc.Statx stat;
        FaultPoint.Reach();
        if (Libc.statx(directory, source, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) != 0)
        {
            return;
        }

        if (IsSeparating || (stat.LinkCount != 2 && !work.IsImmutable))
        {
            _ = Libc.unlinkat(directory, source, 0);
            return;
        }

        var fd = Libc.openat(directory, source, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        _ = Libc.unlinkat(directory, source, 0);
        FaultPoint.Reach();
        if (fd >= 0)
        {
            if (stat.LinkCount == 2)
            {
                SharedMark.Clear(fd);
            }
            else if (stat.LinkCount > 2)
            {
                SharedMark.Freeze(fd, true);
            }

            _ = Libc.close(fd);
        }
    }

    private ulong InodeOf(byte* link)
    {
        Libc.Statx stat;
        return Libc.statx(_links, link, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) == 0 ? stat.Inode : 0;
    }

    /// <summary>A file that was replaced, with the names under which it lies in staging, and descriptors of the directories where it was (-1: none).</summary>
    private sealed record Replaced(int Descriptor, ulong Inode, uint Links, bool IsFrozen, List<(int Index, int Number, int Place)> Names)
    {
        public void Close()
        {
            _ = Libc.close(Descriptor);
            foreach (var (_, _, place) in Names.Where(n => n.Place >= 0))
            {
                _ = Libc.close(place);
            }
        }
    }
}
