using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Contexts;

/// <summary>Becomes the command: all that is set stays set, as with the classics, which never returned either.</summary>
internal static class CommandExec
{
    /// <summary>Exit code of the classics where the command could not be run.</summary>
    public const int CannotExec = 255;

    /// <returns>Only where it failed: the exit code.</returns>
    public static int Run(ContextSetup setup, IReadOnlyList<string> command, bool hasOwnMounts)
    {
        if (setup.StatusLines.Count > 0)
        {
            StatusFiles.Show(setup, command, hasOwnMounts);
        }

        if (setup.IsDisconnected)
        {
            // EPERM: it leads a group already, and so a session of its own is not to be had
            _ = Libc.setsid();
        }

        CapabilityCeiling.Apply(setup.TakenCapabilities, setup.DropsAll);
        if (SystemCallFilter.Build(setup.IsMute, setup.IsLocked) is { Count: > 0 } filter)
        {
            // a process without capabilities may set a filter only for good (seccomp(2))
            if (Libc.geteuid() != 0)
            {
                ErrnoException.ThrowIfFailed(Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
            }

            Libc.SetSystemCallFilter([.. filter]);
        }

        _ = Libc.umask(setup.Umask);
        Console.Out.Flush();

        // the runtime ignores it, and ignored signals stay so through execve(2)
        _ = Libc.signal(Libc.SIGPIPE, 0);
        _ = Libc.execvp(command);
        var errno = Marshal.GetLastPInvokeError();
        Console.Error.WriteLine($"Can't exec {command[0]} ({Marshal.GetPInvokeErrorMessage(errno)})");
        return CannotExec;
    }
}
