using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.FileTrees;

/// <summary>A directory that several threads open entries of: closed when the last has done so.</summary>
internal sealed class OpenDirectory(SafeFileHandle handle)
{
    private int _users = 1;

    public SafeFileHandle Handle => handle;

    /// <summary>The descriptor; good as long as the caller is one of its users.</summary>
    public int Fd { get; } = (int)handle.DangerousGetHandle();

    /// <summary>Opens a directory in it, and is used by the caller no more. Symlinks are not followed.</summary>
    /// <param name="name">Its name here, zero-ended.</param>
    /// <param name="errno">Why it is null; 0 where it is not.</param>
    public unsafe OpenDirectory? LeaveFor(byte[] name, out int errno)
    {
        int fd;
        fixed (byte* entry = name)
        {
            fd = Libc.OpenEntry(Fd, entry, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_NOATIME);
        }

        errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        Release();
        return fd < 0 ? null : new OpenDirectory(new SafeFileHandle(fd, ownsHandle: true));
    }

    public OpenDirectory Use()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            handle.Dispose();
        }
    }
}
