using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Isolation;

/// <summary>Shows a tree whose files belong to ids 0 … on disk as belonging to a user namespace's ids.</summary>
internal static class IdmappedMount
{
    /// <summary>A copy of <paramref name="root"/>'s mount that is not attached anywhere; it is gone with its descriptor, or attached by <see cref="Attach"/>.</summary>
    /// <remarks>Set-id files, devices and programs are for the guest only: the copy clears nosuid, nodev and noexec, the host's own mount keeps them.</remarks>
    /// <exception cref="ProblemException">Unsupported: the file system cannot be mounted so.</exception>
    public static SafeFileHandle Create(SafeFileHandle root, SafeFileHandle userNamespace, string rootForMessages) =>
        Create(root, userNamespace, rootForMessages, set: 0, clear: Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC, propagation: 0);

    /// <summary>The same of a directory that several may have: no set-id files, no devices; and what is mounted below it later, on the host or there, is not seen on the other side.</summary>
    /// <exception cref="ProblemException">Unsupported: the file system cannot be mounted so.</exception>
    public static SafeFileHandle Create(SafeFileHandle directory, SafeFileHandle userNamespace, string directoryForMessages, bool isReadOnly) =>
        Create(directory, userNamespace, directoryForMessages, set: Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | (isReadOnly ? Libc.MOUNT_ATTR_RDONLY : 0), clear: 0, propagation: Libc.MS_PRIVATE);

    /// <summary>Attaches it, in the calling thread's mount namespace.</summary>
    public static void Attach(SafeFileHandle mount, string target) => ErrnoException.ThrowIfFailed(Libc.move_mount(mount, target), "move_mount", target);

    private static SafeFileHandle Create(SafeFileHandle root, SafeFileHandle userNamespace, string rootForMessages, ulong set, ulong clear, ulong propagation)
    {
        // in the mount namespace that the descriptor was opened in: a mount of another one cannot be copied (open_tree(2), EINVAL)
        var mount = Libc.CloneMount(root, rootForMessages);
        var attributes = new Libc.MountAttributes
        {
            Set = Libc.MOUNT_ATTR_IDMAP | set,
            Clear = clear,
            Propagation = propagation,
            UserNamespace = (ulong)userNamespace.DangerousGetHandle(),
        };
        if (Libc.mount_setattr(mount, ref attributes) < 0)
        {
            var error = ErrnoException.Last("mount_setattr", rootForMessages);
            mount.Dispose();

            // mount_setattr(2): EINVAL where the file system type has no idmapped mounts, as an overlayfs mount or NFS
            throw error.Errno == ErrnoNames.EINVAL
                ? new ProblemException(ProblemCode.Unsupported, $"The file system that holds '{rootForMessages}' cannot be mounted with mapped ids ({error.Message}). Put it on ext4, xfs or btrfs.", error)
                : error;
        }

        return mount;
    }
}
