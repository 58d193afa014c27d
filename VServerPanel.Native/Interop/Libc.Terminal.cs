using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/ioctl.h, sys/socket.h, sys/un.h, sys/uio.h: window sizes, and descriptors received over a socket (unix(7)).</summary>
internal static partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOL_SOCKET = 1;
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const nuint TIOCSWINSZ = 0x5414;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const short POLLOUT = 4;

    /// <summary>struct winsize.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelsWide;
        public ushort PixelsHigh;
    }

    /// <summary>struct sockaddr_un.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct UnixAddress
    {
        public ushort Family;
        public fixed byte Path[108];
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr, and room for one descriptor behind it (cmsg(3)).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    internal struct ControlMessage
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
    }

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int bind_raw(SafeFileHandle socket, ref UnixAddress address, uint size);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int listen_raw(SafeFileHandle socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int accept4_raw(SafeFileHandle socket, nint address, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint recvmsg_raw(SafeFileHandle socket, ref MessageHeader message, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl_size(SafeFileHandle fd, nuint request, ref WindowSize size);

    /// <summary>A socket that listens at <paramref name="path"/>, at most 107 bytes long.</summary>
    internal static unsafe SafeFileHandle Listen(string path)
    {
        var address = new UnixAddress { Family = AF_UNIX };
        Encoding.UTF8.GetBytes(path, new Span<byte>(address.Path, 107));
        var socket = Socket(AF_UNIX, SOCK_STREAM, 0);
        ErrnoException.ThrowIfFailed(bind_raw(socket, ref address, (uint)sizeof(UnixAddress)), "bind", path);
        ErrnoException.ThrowIfFailed(listen_raw(socket, 1), "listen", path);
        return socket;
    }

    /// <summary>accept4(2), CLOEXEC.</summary>
    internal static SafeFileHandle Accept(SafeFileHandle listener)
    {
        var fd = accept4_raw(listener, 0, 0, SOCK_CLOEXEC);
        ErrnoException.ThrowIfFailed(fd, "accept4");
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>The descriptor that comes with the next message, CLOEXEC; null where none does.</summary>
    internal static unsafe SafeFileHandle? ReceiveDescriptor(SafeFileHandle socket)
    {
        var control = default(ControlMessage);
        var text = stackalloc byte[256];
        var vector = new IoVector { Start = text, Length = 256 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlMessage) };
        ErrnoException.ThrowIfFailed(recvmsg_raw(socket, ref message, MSG_CMSG_CLOEXEC), "recvmsg");

        // cmsg(3): the length counts header and data
        return message.ControlLength >= 20 && control is { Level: SOL_SOCKET, Type: SCM_RIGHTS, Length: 20 }
            ? new SafeFileHandle(control.Descriptor, ownsHandle: true)
            : null;
    }

    /// <summary>ioctl_tty(2), TIOCSWINSZ: programs on the terminal get SIGWINCH.</summary>
    internal static void SetWindowSize(SafeFileHandle terminal, int columns, int rows)
    {
        var size = new WindowSize { Columns = (ushort)columns, Rows = (ushort)rows };
        ErrnoException.ThrowIfFailed(ioctl_size(terminal, TIOCSWINSZ, ref size), "ioctl(TIOCSWINSZ)");
    }

    /// <summary>Reads and writes answer EAGAIN instead of waiting.</summary>
    internal static void SetNonBlocking(SafeFileHandle fd)
    {
        var flags = fcntl((int)fd.DangerousGetHandle(), F_GETFL, 0);
        ErrnoException.ThrowIfFailed(flags, "fcntl(F_GETFL)");
        ErrnoException.ThrowIfFailed(fcntl((int)fd.DangerousGetHandle(), F_SETFL, flags | O_NONBLOCK), "fcntl(F_SETFL)");
    }

    /// <summary>Waits until a descriptor can be written, or has failed; false when the time is over.</summary>
    internal static unsafe bool WaitWritable(SafeFileHandle fd, TimeSpan patience)
    {
        var fds = stackalloc PollFd[1];
        fds[0] = new PollFd { Fd = (int)fd.DangerousGetHandle(), Events = POLLOUT };
        return poll(fds, 1, (int)patience.TotalMilliseconds) > 0;
    }
}
