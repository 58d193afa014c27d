using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary><c>vserver-network-probe CGROUP</c>: goes into a scratch cgroup and tells what sockets it gets there. One line each: what, and errno or 0.</summary>
internal sealed class NetworkProbeTool : Tool
{
    public const string ToolName = "vserver-network-probe";

    public override string Name => ToolName;

    public override bool OnlyReads => true;

    public override bool IsInternal => true;

    public override string Summary => "called by vserver-info to try the network isolation out; not for people";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        File.WriteAllText(arguments[0] + "/cgroup.procs", "0");
        Console.WriteLine($"any {Try(SocketType.Stream, ProtocolType.Tcp)}");
        Console.WriteLine($"raw {Try(SocketType.Raw, ProtocolType.Icmp)}");
        return ExitCodes.Success;
    }

    private static int Try(SocketType type, ProtocolType protocol)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
            socket.Bind(new IPEndPoint(IPAddress.Any, 0));
            return 0;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable => ErrnoNames.EADDRNOTAVAIL,
                SocketError.AccessDenied => ErrnoNames.EPERM,
                _ => e.ErrorCode,
            };
        }
    }
}
