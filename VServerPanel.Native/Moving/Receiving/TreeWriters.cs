using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Who writes into an incoming tree: each rsync holds a shared lock on its directory until it and its children have ended, also where its source is long gone.</summary>
internal static class TreeWriters
{
    private const int Shared = 1;

    // fcntl(2), F_SETFD
    private const int SetDescriptorFlags = 2;

    // rsync's own end, where the connection has gone: sshd notices later than the source does
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Takes part in writing until it is disposed of.</summary>
    /// <exception cref="ProblemException">Busy: the move is being activated or taken back.</exception>
    public static SafeFileHandle Join(string tree)
    {
        var fd = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (Libc.flock(fd, Shared | Libc.LOCK_NB) == 0)
        {
            return fd;
        }

        fd.Dispose();
        throw new ProblemException(ProblemCode.Busy, "This move is being ended.");
    }

    /// <summary>Takes part through exec(3) and until the last child ends. Called behind chroot(2), so that the descriptor leads nowhere else.</summary>
    public static void JoinForever(string tree)
    {
        var fd = Join(tree);
        ErrnoException.ThrowIfFailed(Libc.fcntl((int)fd.DangerousGetHandle(), SetDescriptorFlags, 0), "fcntl", tree);
        fd.SetHandleAsInvalid();
    }

    /// <summary>Whether somebody takes part now. Whoever asks keeps nobody from it.</summary>
    public static bool IsJoined(string tree) => Libc.TryStatx(null, tree, out var stat) && File.ReadLines("/proc/locks").Any(l => PlaceOf(l) is { } place && IsOf(stat, place));

    /// <summary>Of a lock by flock(2) that is held, <c>3: FLOCK  ADVISORY  READ  1234 08:01:131074 0 EOF</c> (proc_locks(5)); null for another line.</summary>
    internal static (uint Major, uint Minor, ulong Inode)? PlaceOf(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "FLOCK", _, _, _, var place, ..] && place.Split(':') is [var major, var minor, var inode]
            && uint.TryParse(major, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var first)
            && uint.TryParse(minor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var second)
            && ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (first, second, number)
            : null;

    // devices without a number of a driver's (major 0): of subvolumes of btrfs, stat(2) tells another than is told there
    private static bool IsOf(in Libc.Statx stat, (uint Major, uint Minor, ulong Inode) place) =>
        stat.Inode == place.Inode && (stat.DevMajor == 0 || (stat.DevMajor == place.Major && stat.DevMinor == place.Minor));

    /// <summary>Waits until nobody writes, and lets nobody begin before it is disposed of.</summary>
    /// <exception cref="ProblemException">Busy.</exception>
    public static SafeFileHandle Exclude(string tree, CancellationToken cancel) => Exclude(tree, s_patience, cancel);

    /// <summary>Waits no longer than this until nobody writes.</summary>
    /// <exception cref="ProblemException">Busy.</exception>
    public static SafeFileHandle Exclude(string tree, TimeSpan patience, CancellationToken cancel)
    {
        var fd = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        for (var until = Environment.TickCount64 + (long)patience.TotalMilliseconds; Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0; cancel.WaitHandle.WaitOne(50))
        {
            if (Marshal.GetLastPInvokeError() != ErrnoNames.EAGAIN || Environment.TickCount64 >= until || cancel.IsCancellationRequested)
            {
                fd.Dispose();
                throw new ProblemException(ProblemCode.Busy, "An earlier pass of this move still writes at the target. Try again in a minute.");
            }
        }

        return fd;
    }
}
