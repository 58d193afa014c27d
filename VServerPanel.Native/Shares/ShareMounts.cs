using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>The shares of a vserver that is being started, as mounts that are not attached anywhere yet.</summary>
/// <remarks>Where the guest has CAP_SYS_ADMIN or may nest, they are attached to its root before the runtime copies that into the guest's mount namespace. The kernel locks what is copied into
/// a less privileged namespace (mount_namespaces(7)): no read-only share is made writable. Locked mounts stay as long as the guest does, for us too; so where the guest cannot
/// mount anyway, they are attached in its own namespace, from which they can be taken away.</remarks>
internal sealed class ShareMounts : IDisposable
{
    private readonly List<(HostShare Share, SafeFileHandle Mount)> _mounts = [];

    /// <summary>Looks at all of them, and makes the directories that the guest lacks for them.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="shares">Of the conf file.</param>
    /// <param name="root">The guest's root on the host.</param>
    /// <param name="userNamespace">Maps the guest's ids, so that the owners it sees are those on disk.</param>
    /// <exception cref="ProblemException">One of them cannot be had; the message says which and why.</exception>
    public ShareMounts(HostPaths paths, IReadOnlyList<HostShare> shares, SafeFileHandle root, SafeFileHandle userNamespace)
    {
        try
        {
            foreach (var share in shares)
            {
                using var source = ShareSource.Open(paths, share);
                EnsureTarget(root, share.Target);
                _mounts.Add((share, IdmappedMount.Create(source, userNamespace, share.Source, share.IsReadOnly)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Attaches them below the guest's root, in the calling thread's mount namespace.</summary>
    public void Attach(string rootPath)
    {
        if (_mounts.Count == 0)
        {
            return;
        }

        using var root = Libc.open(rootPath, Libc.O_PATH | Libc.O_DIRECTORY);
        foreach (var (share, mount) in _mounts)
        {
            using var target = Libc.openInRoot(root, share.Target, Libc.O_PATH | Libc.O_DIRECTORY);
            ErrnoException.ThrowIfFailed(Libc.move_mount(mount, target), "move_mount", share.Target);
        }
    }

    /// <summary>Attaches them in the guest's own mount namespace.</summary>
    public void Attach(GuestMounts guest)
    {
        foreach (var (share, mount) in _mounts)
        {
            guest.Attach(mount, share.Target);
        }
    }

    public void Dispose() => _mounts.ForEach(m => m.Mount.Dispose());

    private static void EnsureTarget(SafeFileHandle root, string target)
    {
        var parent = "/";
        foreach (var name in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                using var directory = Libc.openInRoot(root, parent, Libc.O_RDONLY | Libc.O_DIRECTORY);
                if (Libc.mkdirat(directory, name, 0b111_101_101) < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() is not ErrnoNames.EEXIST and var errno)
                {
                    throw new ErrnoException(errno, "mkdirat", target);
                }

                parent = $"{parent}{name}/";
                Libc.openInRoot(root, parent, Libc.O_PATH | Libc.O_DIRECTORY).Dispose();
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
            {
                throw new ProblemException(ProblemCode.InvalidConfiguration, $"Nothing can be shown at '{target}' in the vserver: '{parent.TrimEnd('/')}' is no directory there. Remove it inside, or choose another place.", e);
            }
        }
    }
}
