using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Contexts;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Becomes the rsync that a peer's rsync writes to, with nothing in sight but programs, libraries and the one tree.</summary>
/// <remarks>The peer says what is written, symlinks and devices too, and by a symlink it could ask for the checksums of any file that this rsync sees. So
/// it has a root of its own, in a mount namespace that ends with it, where all but the tree is read-only; and without CAP_SYS_ADMIN it neither
/// gets out nor sets <c>trusted.*</c> attributes, by which the host knows its own marks.</remarks>
internal static class ReceivingRoot
{
    private const string TreeInside = "/incoming";
    private const nuint Hardened = Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC;
    private static readonly string[] s_programs = ["/usr", "/bin", "/lib", "/lib64", "/lib32"];

    // what rsync needs is in none of these: chown(2), chmod(2), mknod(2), setxattr(2) of security.capability, and reading and writing what it wrote
    private static readonly string[] s_kept = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_MKNOD", "CAP_SETFCAP"];

    /// <returns>Only where it failed: the exit code.</returns>
    public static int Become(HostPaths paths, string tree, IReadOnlyList<string> options)
    {
        var rsync = ChildProcess.Require("rsync");
        var root = paths.Run + "/.receive";
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return PrivateMounts.Run(() =>
        {
            Mount("tmpfs", root, "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=0755,size=64k");
            foreach (var directory in s_programs)
            {
                AddPrograms(root, directory);
            }

            Directory.CreateDirectory(root + TreeInside);
            Mount(tree, root + TreeInside, null, Libc.MS_BIND, null);
            Mount("none", root + TreeInside, null, Libc.MS_BIND | Libc.MS_REMOUNT | Hardened, null);
            Mount("none", root, null, Libc.MS_BIND | Libc.MS_REMOUNT | Libc.MS_RDONLY | Libc.MS_NOSUID | Libc.MS_NODEV, null);
            ErrnoException.ThrowIfFailed(Libc.chroot(root), "chroot", root);
            ErrnoException.ThrowIfFailed(Libc.chdir("/"), "chdir", "/");
            _ = Libc.umask(0);
            CapabilityCeiling.Apply([.. Configuration.CapabilityNames.All.Where(c => !s_kept.Contains(c, StringComparer.Ordinal))], all: false);

            // the runtime ignores it, and ignored signals stay so through execve(2)
            _ = Libc.signal(Libc.SIGPIPE, 0);
            _ = Libc.syscall(Libc.SYS_close_range, 3, uint.MaxValue, Libc.CLOSE_RANGE_CLOEXEC, 0, 0, 0);
            TreeWriters.JoinForever(TreeInside);
            ErrnoException.ThrowIfFailed(Libc.execvp([rsync, "--server", .. options, ".", TreeInside + "/"]), "execvp", rsync);
            return Commands.ExitCodes.Failure;
        });
    }

    private static void AddPrograms(string root, string directory)
    {
        if (new FileInfo(directory).LinkTarget is { } target)
        {
            File.CreateSymbolicLink(root + directory, target);
        }
        else if (Directory.Exists(directory))
        {
            Directory.CreateDirectory(root + directory);
            Mount(directory, root + directory, null, Libc.MS_BIND, null);
            Mount("none", root + directory, null, Libc.MS_BIND | Libc.MS_REMOUNT | Libc.MS_RDONLY | Libc.MS_NOSUID | Libc.MS_NODEV, null);
        }
    }

    private static void Mount(string source, string target, string? type, nuint flags, string? data) =>
        ErrnoException.ThrowIfFailed(Libc.mount(source, target, type, flags, data), "mount", target);
}
