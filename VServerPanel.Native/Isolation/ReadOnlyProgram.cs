using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Isolation;

/// <summary>Keeps a guest from writing to the runtime's program through /proc/PID/exe (CVE-2019-5736).</summary>
internal static class ReadOnlyProgram
{
    /// <summary>In the calling thread's private mount namespace only: puts a read-only mount of the program over it.</summary>
    /// <remarks>crun makes such a mount for itself and executes itself anew from there, unless it finds that it runs from one (crun, cloned_binary.c):
    /// what is done here spares it the second loading. Where this does not work, it does it.</remarks>
    public static void Show(string program)
    {
        try
        {
            using var file = Libc.open(program, Libc.O_PATH);
            using var mount = Libc.CloneMount(file, program);
            var attributes = new Libc.MountAttributes { Set = Libc.MOUNT_ATTR_RDONLY };
            if (Libc.mount_setattr(mount, ref attributes) == 0)
            {
                _ = Libc.move_mount(mount, program);
            }
        }
        catch (ErrnoException)
        {
            // it protects itself then
        }
    }
}
