using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary>The file system that keeps BPF programs, links and maps in the kernel when nobody has them open.</summary>
internal static class BpfFileSystem
{
    public const string MountPoint = "/sys/fs/bpf";

    /// <summary>Mounts it where it is not (systemd does so at boot; a plain init does not).</summary>
    /// <exception cref="ErrnoException">ENODEV: a kernel without BPF; EPERM.</exception>
    public static void Ensure()
    {
        if (MountTable.At(MountPoint) is not { FileSystem: "bpf" })
        {
            ErrnoException.ThrowIfFailed(Libc.mount("bpf", MountPoint, "bpf", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, "mode=0700"), "mount", MountPoint);
        }
    }
}
