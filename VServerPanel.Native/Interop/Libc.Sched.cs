using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sched.h, sys/wait.h, sys/resource.h, sys/pidfd.h.</summary>
internal static partial class Libc
{
    internal const int CLONE_FS = 0x200;
    internal const int CLONE_NEWNS = 0x20000;
    internal const int CLONE_NEWUTS = 0x4000000;
    internal const int CLONE_NEWUSER = 0x10000000;
    internal const int CLONE_NEWNET = 0x40000000;
    internal const int WNOHANG = 1;
    internal const int WALL = 0x40000000;
    internal const int PRIO_PROCESS = 0;
    internal const int PR_CAPBSET_READ = 23;
    internal const int SIGQUIT = 3;
    internal const int SIGUSR1 = 10;
    internal const int SIGUSR2 = 12;
    internal const int SIGPIPE = 13;
    internal const int SIGPWR = 30;
    internal const int SIGRTMIN = 34;
    internal const long SYS_pidfd_send_signal = 424;
    internal const short POLLIN = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Rlimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    /// <summary>clone(2) by the C library: the child runs <paramref name="function"/> on <paramref name="stackTop"/>, in a copy of our memory.</summary>
    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    internal static partial int clone(nint function, nint stackTop, int flags, nint argument);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    internal static partial int unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int setns(SafeFileHandle fd, int type);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int setpriority(int which, int who, int value);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int getrlimit(int resource, out Rlimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int setrlimit(int resource, in Rlimit limit);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setdomainname", SetLastError = true)]
    internal static partial int setdomainname([MarshalAs(UnmanagedType.LPUTF8Str)] string name, nuint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int poll(PollFd* fds, nuint count, int milliseconds);

    /// <summary>pidfd_open(2); null where there is no such process.</summary>
    internal static SafeFileHandle? OpenProcess(int pid)
    {
        var fd = syscall(SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
        if (fd >= 0)
        {
            return new SafeFileHandle((nint)fd, ownsHandle: true);
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is ErrnoNames.ESRCH or ErrnoNames.EINVAL ? null : throw new ErrnoException(errno, "pidfd_open");
    }

    /// <summary>pidfd_send_signal(2); false where the process is gone.</summary>
    internal static bool Signal(SafeFileHandle process, int signal)
    {
        if (syscall(SYS_pidfd_send_signal, (int)process.DangerousGetHandle(), signal, 0, 0, 0, 0) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == ErrnoNames.ESRCH ? false : throw new ErrnoException(errno, "pidfd_send_signal");
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int usleep(uint microseconds);

    /// <summary>Sleeps less than a millisecond, which .NET's own sleep cannot.</summary>
    internal static void Sleep(TimeSpan time) => _ = usleep((uint)time.TotalMicroseconds);

    /// <summary>Waits until a descriptor is readable (a process's: until it has ended); false when the time is over (negative: it never is).</summary>
    internal static bool WaitReadable(SafeFileHandle fd, TimeSpan patience) => WaitReadable(fd, null, patience, out _);

    /// <summary>Waits until the first of two descriptors is readable; the second one is looked at too.</summary>
    internal static unsafe bool WaitReadable(SafeFileHandle fd, SafeFileHandle? second, TimeSpan patience, out bool secondIsReadable)
    {
        var deadline = patience < TimeSpan.Zero ? long.MaxValue : Environment.TickCount64 + (long)patience.TotalMilliseconds;
        var fds = stackalloc PollFd[2];
        while (true)
        {
            // poll(2) passes over a negative descriptor
            fds[0] = new PollFd { Fd = (int)fd.DangerousGetHandle(), Events = POLLIN };
            fds[1] = new PollFd { Fd = second is null ? -1 : (int)second.DangerousGetHandle(), Events = POLLIN };
            if (poll(fds, 2, deadline == long.MaxValue ? -1 : (int)Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue)) >= 0)
            {
                secondIsReadable = fds[1].Returned != 0;
                return fds[0].Returned != 0;
            }

            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                throw ErrnoException.Last("poll");
            }
        }
    }

    /// <summary>Waits as long as it takes until one of three descriptors is readable, or has failed.</summary>
    internal static unsafe (bool First, bool Second, bool Third) WaitReadable(SafeFileHandle first, SafeFileHandle second, SafeFileHandle third)
    {
        var fds = stackalloc PollFd[3];
        fds[0] = new PollFd { Fd = (int)first.DangerousGetHandle(), Events = POLLIN };
        fds[1] = new PollFd { Fd = (int)second.DangerousGetHandle(), Events = POLLIN };
        fds[2] = new PollFd { Fd = (int)third.DangerousGetHandle(), Events = POLLIN };
        while (poll(fds, 3, -1) < 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                throw ErrnoException.Last("poll");
            }
        }

        return (fds[0].Returned != 0, fds[1].Returned != 0, fds[2].Returned != 0);
    }

    /// <summary>Waits until the other end of a pipe, socket or terminal is gone; false when the time is over. Files have no other end.</summary>
    internal static unsafe bool WaitHangup(int fd, TimeSpan patience)
    {
        const short POLLERR = 0x8;
        const short POLLHUP = 0x10;
        var fds = stackalloc PollFd[1];
        fds[0] = new PollFd { Fd = fd };
        return poll(fds, 1, (int)patience.TotalMilliseconds) > 0 && (fds[0].Returned & (POLLERR | POLLHUP)) != 0;
    }
}
