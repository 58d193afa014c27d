using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Isolation;

/// <summary>A descriptor of a user namespace that maps the guest's ids 0 … to a range of the host's: what an idmapped mount is made with.</summary>
internal static class UserNamespace
{
    // The child lives for the two writes and the open below; should we be killed meanwhile, it ends by itself.
    private const int ChildSeconds = 5;
    private const int ChildStackBytes = 64 * 1024;

    // killed, and not waited for then: that takes longer than all the rest
    private static int s_ending;

    /// <summary>Makes the namespace. It lasts as long as the descriptor, and what was made with it.</summary>
    /// <param name="hostBase">The host's id for the guest's 0.</param>
    /// <param name="count">How many ids.</param>
    /// <exception cref="ErrnoException">ENOSPC: too many user namespaces (/proc/sys/user/max_user_namespaces); EPERM.</exception>
    public static unsafe SafeFileHandle Open(uint hostBase, uint count)
    {
        // A thread of a process with threads cannot unshare(CLONE_NEWUSER) (unshare(2), EINVAL), so a child does it. No managed code can run in
        // a forked child; the C library's own sleep(3) can, on a stack of its own in a copy of our memory.
        var libc = NativeLibrary.Load("libc.so.6");
        var stack = (byte*)NativeMemory.AlignedAlloc(ChildStackBytes, 16);
        var pid = -1;
        try
        {
            // no exit signal: it is not one of the children that the runtime's SIGCHLD handler looks for
            pid = Libc.clone(NativeLibrary.GetExport(libc, "sleep"), (nint)(stack + ChildStackBytes), Libc.CLONE_NEWUSER, ChildSeconds);
            ErrnoException.ThrowIfFailed(pid, "clone(CLONE_NEWUSER)");

            // user_namespaces(7): one line, inside outside length
            var map = Encoding.ASCII.GetBytes($"0 {hostBase} {count}\n");
            Write($"/proc/{pid}/uid_map", map);
            Write($"/proc/{pid}/gid_map", map);
            return Libc.open($"/proc/{pid}/ns/user", Libc.O_RDONLY);
        }
        finally
        {
            if (pid > 0)
            {
                _ = Libc.kill(pid, Libc.SIGKILL);
                if (Interlocked.Exchange(ref s_ending, pid) is > 0 and var earlier)
                {
                    _ = Libc.waitpid(earlier, out _, Libc.WALL);
                }
            }

            // ours; the child has its copy
            NativeMemory.AlignedFree(stack);
        }
    }

    private static void Write(string path, ReadOnlySpan<byte> map)
    {
        using var file = Libc.open(path, Libc.O_WRONLY);
        RandomAccess.Write(file, map, 0);
    }
}
