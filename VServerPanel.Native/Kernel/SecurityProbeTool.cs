using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary><c>vserver-security-probe</c>: goes into a scratch cgroup and tells what it may do there. One line each: what, and errno or 0.</summary>
/// <remarks><c>iunlink CGROUP FILE</c>; <c>isolation CGROUP SOCKET DISK</c>, which stays until its input ends; <c>signal PID</c>. <c>-</c> is no cgroup.</remarks>
internal sealed class SecurityProbeTool : Tool
{
    public const string ToolName = "vserver-security-probe";

    /// <summary>What iunlink must refuse.</summary>
    public static readonly IReadOnlyList<string> Changes = ["write", "truncate", "chmod", "touch", "setxattr", "unmark"];

    public override string Name => ToolName;

    public override bool IsInternal => true;

    public override string Summary => "called by vserver-info to try the kernel's protection out; not for people";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case [Iunlink.TopicName, var cgroup, var file]:
                Enter(cgroup);
                ChangeFile(file);
                break;
            case [Isolation.TopicName, var cgroup, var socket, var disk]:
                Enter(cgroup);
                Say("connect", Connect(socket));
                Say("disk", Open(disk, Libc.O_RDONLY));
                _ = Console.In.ReadToEnd();
                break;
            case ["signal", var pid]:
                Say("signal", Errno(Libc.kill(int.Parse(pid, CultureInfo.InvariantCulture), Libc.SIGCONT)));
                break;
            default:
                return ExitCodes.Usage;
        }

        return ExitCodes.Success;
    }

    private static void ChangeFile(string file)
    {
        Say("read", Open(file, Libc.O_RDONLY));
        Say("write", Open(file, Libc.O_WRONLY));
        Say("truncate", Open(file, Libc.O_RDONLY | Libc.O_TRUNC));
        Say("chmod", Errno(Libc.chmod(file, 0b110_000_000)));
        Say("touch", Try(() => File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch)));
        using var directory = Libc.open(Path.GetDirectoryName(file)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Say("setxattr", Try(() => Libc.SetXattr(directory, Path.GetFileName(file), "trusted.vserver-self-test", [1])));
        Say("unmark", Try(() => Iunlink.SetMark(file, isShared: false)));
    }

    private static void Enter(string cgroup)
    {
        if (cgroup != "-")
        {
            File.WriteAllText(cgroup + "/cgroup.procs", "0");
        }
    }

    /// <returns>0, or the errno.</returns>
    internal static int Open(string file, int flags) => Try(() => Libc.open(file, flags).Dispose());

    private static int Connect(string name)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint("\0" + name));
            return 0;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? ErrnoNames.ECONNREFUSED : e.ErrorCode;
        }
    }

    private static int Try(Action step)
    {
        try
        {
            step();
            return 0;
        }
        catch (ErrnoException e)
        {
            return e.Errno;
        }
        catch (UnauthorizedAccessException)
        {
            return ErrnoNames.EPERM;
        }
    }

    private static int Errno(int result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    private static void Say(string what, int errno) => Console.WriteLine($"{what} {errno.ToString(CultureInfo.InvariantCulture)}");
}
