using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Commands;

/// <summary>Callers that close the standard streams (<c>cmd >&amp;-</c>): what is opened next would take their numbers, and be written into.</summary>
internal static class StandardStreams
{
    /// <summary>Begins anew with /dev/null in the place of closed ones. The runtime has taken their numbers already, for descriptors that it
    /// closes on exec; those that a caller gives are never so.</summary>
    public static void Ensure(IReadOnlyList<string> arguments)
    {
        var closed = Enumerable.Range(0, 3).Where(IsNotTheCallers).ToList();
        if (closed.Count == 0)
        {
            return;
        }

        using var nothing = Libc.open("/dev/null", Libc.O_RDWR);
        foreach (var fd in closed)
        {
            ErrnoException.ThrowIfFailed(Libc.dup2((int)nothing.DangerousGetHandle(), fd), "dup2");
            ErrnoException.ThrowIfFailed(Libc.fcntl(fd, Libc.F_SETFD, 0), "fcntl");
        }

        Libc.execSelf([Environment.GetCommandLineArgs()[0], .. arguments]);
        Environment.Exit(ExitCodes.Failure);
    }

    private static bool IsNotTheCallers(int fd) => Libc.fcntl(fd, Libc.F_GETFD, 0) is < 0 or Libc.FD_CLOEXEC;
}
