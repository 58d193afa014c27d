using VServerPanel.Native.Interop;
using VServerPanel.Native.Registry;

namespace VServerPanel.Native.Isolation;

/// <summary>The host's /dev/null. Earlier versions let the runtime give it to a guest's root, who could then close it to everybody.</summary>
internal static class NullDevice
{
    private const string Device = "/dev/null";

    /// <summary>Gives it back to root where a guest has it.</summary>
    public static void Repair(Action<string> warn)
    {
        var found = Libc.statx(null, Device, 0);
        if (found.Uid < VServerRegistry.FirstBase && found.Gid < VServerRegistry.FirstBase)
        {
            return;
        }

        ErrnoException.ThrowIfFailed(Libc.lchown(Device, 0, 0), "lchown", Device);
        File.SetUnixFileMode(Device, (UnixFileMode)0b110_110_110);
        warn($"{Device} of the host belonged to a vserver (uid {found.Uid}); it is root's again, mode 0666.");
    }

    /// <summary>Puts a device of its own over /dev/null; to be called in a private mount namespace.</summary>
    /// <remarks>The monitor gives /dev/null to the runtime as standard stream of guests with a terminal, and the runtime gives it to the guest's root
    /// (crun, maybe_chown_std_streams).</remarks>
    /// <param name="directory">Where it lies; made if it is not there.</param>
    public static void HideHosts(string directory)
    {
        var node = directory + "/null";
        Directory.CreateDirectory(directory);
        ErrnoException.ThrowIfFailed(Libc.mount("none", directory, "tmpfs", Libc.MS_NOSUID | Libc.MS_NOEXEC, "mode=755,size=4k,nr_inodes=8"), "mount(tmpfs)", directory);
        using (var place = Libc.open(directory, Libc.O_PATH | Libc.O_DIRECTORY))
        {
            ErrnoException.ThrowIfFailed(Libc.mknodat(place, "null", Libc.S_IFCHR, (1 << 8) | 3), "mknod", node);
        }

        File.SetUnixFileMode(node, (UnixFileMode)0b110_110_110);
        ErrnoException.ThrowIfFailed(Libc.mount(node, Device, null, Libc.MS_BIND, null), "mount(MS_BIND)", Device);
    }
}
