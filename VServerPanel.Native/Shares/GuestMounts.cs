using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>The mount namespace of a vserver that runs, or waits for its first instruction.</summary>
/// <remarks>Everything is looked up from outside, by the root of its first process (proc(5), /proc/pid/root), within which symlinks stay. A thread of ours is in
/// there for the one call that has to be made there: so nothing is ever looked for, or loaded, where the guest could lay it.</remarks>
internal sealed class GuestMounts : IDisposable
{
    private readonly int _pid;
    private readonly SafeFileHandle _namespace;
    private readonly SafeFileHandle _root;

    private GuestMounts(int pid)
    {
        _pid = pid;
        _namespace = Libc.open(ProcessFile("ns/mnt"), Libc.O_RDONLY);
        _root = Libc.open(ProcessFile("root"), Libc.O_PATH | Libc.O_DIRECTORY);
    }

    /// <exception cref="ProblemException">NotRunning: it has just ended.</exception>
    public static GuestMounts Of(RunState state)
    {
        try
        {
            var mounts = new GuestMounts(state.Init?.Pid ?? 0);

            // opened, then looked at again: of the process that was written down
            if (state.IsAlive)
            {
                return mounts;
            }

            mounts.Dispose();
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ESRCH)
        {
            // below
        }

        throw new ProblemException(ProblemCode.NotRunning, "The vserver has just ended.");
    }

    /// <summary>Puts a mount that is attached nowhere over a directory.</summary>
    /// <exception cref="ProblemException">Busy: another file system lies there.</exception>
    public void Attach(SafeFileHandle mount, string target)
    {
        using var directory = Open(target) ?? throw new ProblemException(ProblemCode.Busy, $"'{target}' cannot be seen in the vserver, since it has mounted something over it. Choose another place.");
        if (Libc.fstatx(directory).MountId != Libc.fstatx(_root).MountId)
        {
            throw new ProblemException(ProblemCode.Busy, $"'{target}' lies on a file system that the vserver has mounted itself, such as its /tmp or /run: a share there would be gone or hidden at times. Choose another place.");
        }

        ThrowIfFailed(Inside(() => Libc.move_mount(mount, directory)), "move_mount", target);
    }

    /// <summary>The mount of a share; 0 where it is not mounted.</summary>
    /// <param name="share">Which.</param>
    /// <param name="all">All that the vserver has: the same directory may be at several places.</param>
    public ulong Find(HostShare share, IEnumerable<HostShare> all)
    {
        if (!Libc.TryStatx(null, share.Source, out var source))
        {
            return 0;
        }

        if (At(share.Target) is > 0 and var there)
        {
            return there;
        }

        // the guest may have renamed a directory above it, and still has it
        var others = all.Where(s => s != share).Select(s => At(s.Target)).ToHashSet();
        return File.ReadLines(ProcessFile("mountinfo")).Select(MountEntry.TryParse).OfType<MountEntry>().Select(m => At(m.MountPoint)).FirstOrDefault(id => id > 0 && !others.Contains(id));

        ulong At(string place)
        {
            using var directory = Open(place);
            var found = directory is null ? default : Libc.fstatx(directory);
            var isSame = (found.DevMajor, found.DevMinor, found.Inode) == (source.DevMajor, source.DevMinor, source.Inode);
            return isSame && found.MountId != Libc.fstatx(_root).MountId ? found.MountId : 0;
        }
    }

    /// <summary>Takes exactly this mount away.</summary>
    /// <param name="mount">As <see cref="Find"/> told.</param>
    /// <param name="evenInUse">Whoever uses it keeps what he has; nobody finds it any more.</param>
    /// <returns>False where it is in use.</returns>
    public bool Detach(ulong mount, bool evenInUse)
    {
        // proc(5), mountinfo: the first field is the mount's id, the mount point is seen from the process's root
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{mount} ");
        var line = File.ReadLines(ProcessFile("mountinfo")).FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal));
        if (line is null || MountEntry.TryParse(line) is not { } entry)
        {
            return true;
        }

        var name = Path.GetFileName(entry.MountPoint);
        using var parent = Libc.openInRoot(_root, Path.GetDirectoryName(entry.MountPoint)!, Libc.O_PATH | Libc.O_DIRECTORY, resolve: Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS);
        if (!Libc.TryStatx(parent, name, out var found) || found.MountId != mount)
        {
            throw new ProblemException(ProblemCode.Conflict, $"'{entry.MountPoint}' has just been moved in the vserver. Try again.");
        }

        var flags = Libc.UMOUNT_NOFOLLOW | (evenInUse ? Libc.MNT_DETACH : 0);
        var errno = Inside(() => Libc.fchdir(parent) is < 0 and var failed ? failed : Libc.umount2(name, flags));
        if (errno == ErrnoNames.EBUSY)
        {
            return false;
        }

        ThrowIfFailed(errno, "umount2", entry.MountPoint);
        return true;
    }

    public void Dispose()
    {
        _namespace.Dispose();
        _root.Dispose();
    }

    private SafeFileHandle? Open(string path)
    {
        try
        {
            return Libc.openInRoot(_root, path, Libc.O_PATH | Libc.O_DIRECTORY);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            return null;
        }
    }

    /// <returns>errno; 0 where it was done.</returns>
    private int Inside(Func<long> call) => PrivateMounts.OnOwnThread(() =>
    {
        // setns(2): a mount namespace is joined only by a thread that shares its root and working directory with no other
        ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_FS), "unshare(CLONE_FS)");
        return Libc.setns(_namespace, Libc.CLONE_NEWNS) < 0 || call() < 0 ? Marshal.GetLastPInvokeError() : 0;
    });

    private string ProcessFile(string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{_pid}/{name}");

    private static void ThrowIfFailed(int errno, string call, string path)
    {
        if (errno != 0)
        {
            throw new ErrnoException(errno, call, path);
        }
    }
}
