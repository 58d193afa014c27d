using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Opening a member's file so that it cannot change unseen.</summary>
internal static unsafe class OpenedFile
{
    /// <summary>Opens it for reading, if it is still what the scan saw.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="name">Its name, ended by a zero.</param>
    /// <param name="row">As the scan saw it.</param>
    /// <param name="withLease">Whether a read lease is taken: nobody has it open for writing then, and who would waits, and is seen (fcntl(2), F_SETLEASE).</param>
    /// <param name="stat">What it is.</param>
    /// <param name="reason">Why not, where the answer is -1.</param>
    /// <param name="isProtected">Whether no vserver can change it, so that its time of change only tells of links.</param>
    public static int Open(int directory, byte* name, in FileRow row, bool withLease, out Libc.Statx stat, out SkipReason reason, bool isProtected = false)
    {
        stat = default;
        var fd = OpenUnchecked(directory, name, out reason);
        if (fd < 0)
        {
            return -1;
        }

        // the lease first: what is looked at afterwards stays as it is
        if (withLease && !TakeLease(fd))
        {
            reason = Marshal.GetLastPInvokeError() == ErrnoNames.EAGAIN ? SkipReason.BeingWritten : SkipReason.Unreadable;
            _ = Libc.close(fd);
            return -1;
        }

        return Check(fd, row, out stat, out reason, isProtected);
    }

    /// <summary>Opens whatever has the name now.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="name">Its name, ended by a zero.</param>
    /// <param name="reason">Why not, where the answer is -1.</param>
    /// <param name="access">For what.</param>
    public static int OpenUnchecked(int directory, byte* name, out SkipReason reason, int access = Libc.O_RDONLY)
    {
        reason = SkipReason.None;
        var fd = directory < 0 ? -1 : Libc.openat(directory, name, access | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOATIME | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            // EAGAIN: a guest holds a lease on it, as one does that writes
            reason = directory < 0 ? SkipReason.Changed : Marshal.GetLastPInvokeError() switch
            {
                ErrnoNames.ENOENT or ErrnoNames.ELOOP or ErrnoNames.ENXIO or ErrnoNames.EISDIR => SkipReason.Changed,
                ErrnoNames.EAGAIN or ErrnoNames.ETXTBSY => SkipReason.BeingWritten,
                ErrnoNames.EPERM => SkipReason.SpecialFlags,
                _ => SkipReason.Unreadable,
            };
        }

        return fd;
    }

    /// <summary>Whether an open file still is what the scan saw: its descriptor, or -1, and it is closed.</summary>
    public static int Check(int fd, in FileRow row, out Libc.Statx stat, out SkipReason reason, bool isProtected = false)
    {
        reason = !Libc.TryStatx(fd, out stat) ? SkipReason.Unreadable : !IsSame(stat, row, isProtected) ? SkipReason.Changed : SkipReason.None;
        if (reason == SkipReason.None)
        {
            return fd;
        }

        _ = Libc.close(fd);
        return -1;
    }

    /// <summary>Who waits for a lease is told by a signal as well, which would end this process (fcntl(2), F_SETLEASE).</summary>
    public static void IgnoreSignals() => _ = Libc.signal(Libc.SIGIO, Libc.SIG_IGN);

    /// <summary>Gives a lease up.</summary>
    public static void EndLease(int fd) => _ = Libc.fcntl(fd, Libc.F_SETLEASE, Libc.F_UNLCK);

    /// <summary>Takes a read lease, or takes it anew; false where somebody has the file open for writing.</summary>
    public static bool TakeLease(int fd) => Libc.fcntl(fd, Libc.F_SETLEASE, Libc.F_RDLCK) == 0;

    /// <summary>Whether the lease is still held, and nobody waits for it to be given up.</summary>
    public static bool IsUndisturbed(int fd) => Libc.fcntl(fd, Libc.F_GETLEASE, 0) == Libc.F_RDLCK;

    /// <summary>Whether nothing was done to a file since the scan: each change of content or attributes moves the time of change.</summary>
    public static bool IsSame(in Libc.Statx stat, in FileRow row, bool isProtected = false) =>
        stat.Inode == row.Inode && (long)stat.Size == row.Size && stat.Mode == row.Mode && stat.Uid == row.Uid && stat.Gid == row.Gid
        && (isProtected || (stat.Change.Seconds == row.ChangeSeconds && stat.Change.Nanoseconds == row.ChangeNanoseconds))
        && stat.Modify.Seconds == row.ModifySeconds && stat.Modify.Nanoseconds == row.ModifyNanoseconds;
}
