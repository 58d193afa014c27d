using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>A tree as the rsync that sends it sees it: read-only, and no symlink in it leads anywhere.</summary>
/// <remarks>rsync runs as root of the host and goes by paths, and the vserver may run meanwhile. One that exchanges a directory with a symlink to a directory of the host's, behind the moment in which
/// rsync has looked at it, would have the host's files sent to its copy. In a mount namespace of its own the tree is mounted over itself with "nosymfollow" (mount(8), Linux 5.14 for mount_setattr(2)):
/// opening anything by way of a symlink fails with ELOOP there, and symlinks are read and copied as they are.</remarks>
internal static class SendingView
{
    private const ulong Confined = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC | Libc.MOUNT_ATTR_NOSYMFOLLOW;

    /// <summary>Runs <paramref name="work"/>, whose children see the tree so, by its own path.</summary>
    /// <param name="tree">Absolute; itself no symlink.</param>
    /// <param name="work">Stays on its thread.</param>
    /// <exception cref="ProblemException">Unsupported: the kernel cannot.</exception>
    public static T Run<T>(string tree, Func<T> work) => PrivateMounts.Run(() =>
    {
        using var root = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        using var mount = Libc.CloneMounts(root, tree);
        var attributes = new Libc.MountAttributes { Set = Confined };
        if (Libc.mount_setattr_below(mount, ref attributes) != 0)
        {
            throw Marshal.GetLastPInvokeError() is ErrnoNames.EINVAL or ErrnoNames.ENOSYS
                ? new ProblemException(ProblemCode.Unsupported, "This kernel cannot keep a copy from following the symlinks of a vserver (nosymfollow), which could lead to files of the host. Linux 5.14 or newer can.")
                : ErrnoException.Last("mount_setattr", tree);
        }

        ErrnoException.ThrowIfFailed(Libc.move_mount(mount, root), "move_mount", tree);
        return work();
    });
}
