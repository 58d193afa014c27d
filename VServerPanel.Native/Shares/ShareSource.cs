using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>Opens a directory of the host that is to be shown in a vserver, after it was seen to be safe.</summary>
internal static class ShareSource
{
    private const uint GroupAndOthers = 0b000_111_111;

    // of the kernel, or what the host itself runs by
    private static readonly string[] s_hosts = ["/proc", "/sys", "/dev", "/run", "/etc", "/boot", "/root", "/usr", "/bin", "/sbin", "/lib", "/lib64"];

    /// <exception cref="ProblemException">NotPermitted: root has not allowed it, it is the host's own, or a guest's set-user-id files could be run in it; NotFound.</exception>
    public static SafeFileHandle Open(HostPaths paths, HostShare share) => Open(paths, share, mustBeAllowed: true);

    /// <summary>Looks whether it could be opened.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="share">What is to be shown.</param>
    /// <param name="mustBeAllowed">False where it is root who is about to allow it.</param>
    /// <exception cref="ProblemException">As <see cref="Open(HostPaths, HostShare)"/>.</exception>
    public static void Check(HostPaths paths, HostShare share, bool mustBeAllowed = true) => Open(paths, share, mustBeAllowed).Dispose();

    private static SafeFileHandle Open(HostPaths paths, HostShare share, bool mustBeAllowed)
    {
        if (mustBeAllowed)
        {
            new ShareAllowance(paths).Require(share.Source);
        }

        RefuseHosts(paths, share.Source);
        using var top = Libc.open("/", Libc.O_PATH | Libc.O_DIRECTORY);
        var isSheltered = false;
        for (var at = share.Source.IndexOf('/', 1); at > 0; at = share.Source.IndexOf('/', at + 1))
        {
            using var above = Find(top, share.Source[..at], share.Source);
            var stat = Libc.fstatx(above);
            isSheltered |= stat.Uid == 0 && (stat.Mode & GroupAndOthers) == 0;
        }

        var directory = Find(top, share.Source, share.Source);
        try
        {
            RequireShelter(directory, share, isSheltered);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static void RefuseHosts(HostPaths paths, string source)
    {
        string[] ours = [paths.VServers, paths.Configuration, paths.Run, paths.State, paths.Log];
        if (s_hosts.Concat(ours).FirstOrDefault(h => source == h || source.StartsWith(h + "/", StringComparison.Ordinal)) is { } own)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{source}' is not shared with vservers: '{own}' is what the host runs by. Choose a directory for it, such as one in /srv.");
        }

        if (ours.FirstOrDefault(h => h.StartsWith(source + "/", StringComparison.Ordinal)) is { } within)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{source}' is not shared with vservers: '{within}' is in it. Choose a directory for it, such as one in /srv.");
        }
    }

    // by no symlink: a vserver that may write one share could else lead another elsewhere
    private static SafeFileHandle Find(SafeFileHandle top, string path, string source)
    {
        try
        {
            return Libc.openInRoot(top, path[1..], Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, resolve: Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP)
        {
            throw new ProblemException(ProblemCode.NotFound, $"'{source}' is no directory of this host ('{path}': {e.Message}). Make it, mount it, or write its path without symlinks.", e);
        }
    }

    // On disk the guest's root is uid 0: a set-user-id program that he writes there is the host's root's. So the host's users must not come near it, or its mount must not heed the bit.
    private static void RequireShelter(SafeFileHandle directory, HostShare share, bool isSheltered)
    {
        if (share.IsReadOnly || isSheltered)
        {
            return;
        }

        ErrnoException.ThrowIfFailed(Libc.fstatvfs(directory, out var fileSystem), "fstatvfs", share.Source);
        if ((fileSystem.Flags & Libc.ST_NOSUID) == 0)
        {
            throw new ProblemException(
                ProblemCode.NotPermitted,
                $"Users of this host could run programs that a vserver writes to '{share.Source}', as root. Share it read-only ({share.Source}:{share.Target}:ro), put it below a directory of root's with mode 0700, or mount it nosuid: mount --bind -o nosuid,nodev {share.Source} {share.Source}");
        }
    }
}
