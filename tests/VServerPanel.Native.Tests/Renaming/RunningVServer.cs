using System.Net;
using System.Net.Sockets;
using System.Text;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Renaming;

/// <summary>A vserver with a program that answers, and a connection to it: both are older than what is done to it.</summary>
internal sealed class RunningVServer : IDisposable
{
    private readonly TrialHost _host;
    private readonly TcpClient _client;
    private readonly ProcessMark _init;
    private int _asked;

    /// <param name="host">Where.</param>
    /// <param name="name">It must be there, and not run.</param>
    public RunningVServer(TrialHost host, VServerName name)
    {
        _host = host;
        host.Expect(name.Value, "start");
        var port = FreePort();
        host.Expect(name.Value, "exec", "sh", "-c", $"busybox nc -ll -p {port} -e /bin/cat </dev/null >/dev/null 2>&1 &");
        _client = Connect(port);
        _init = new RunStateStore(host.Paths).FindRunning(name)!.Init!;
        Assert.True(Answers());
    }

    /// <summary>It runs under this name, its first process is the one of its start, and the connection is open.</summary>
    public void AssertRunsAs(VServerName name)
    {
        Assert.Equal(_init, new RunStateStore(_host.Paths).FindRunning(name)?.Init);
        Assert.True(Answers());
        Assert.Equal("inside\n", _host.Expect(name.Value, "exec", "echo", "inside"));
        Assert.Equal(name, Assert.Single(Statuses(), s => s.State == VServerState.Running).Name);
    }

    private IEnumerable<VServerStatus> Statuses() => _host.VServer("--json", "--as", "vserver-stat").Events.OfType<ItemEvent>().Select(i => WireProtocol.FromElement<VServerStatus>(i.Data));

    public bool Answers()
    {
        var said = $"{++_asked}\n";
        var stream = _client.GetStream();
        stream.Write(Encoding.ASCII.GetBytes(said));
        var heard = new byte[said.Length];
        stream.ReadExactly(heard);
        return Encoding.ASCII.GetString(heard) == said;
    }

    public void Dispose() => _client.Dispose();

    private static TcpClient Connect(int port)
    {
        TcpClient? client = null;
        TrialHost.Eventually(() => TryConnect(port, out client), "the program in the vserver listens");
        client!.ReceiveTimeout = 20_000;
        return client;
    }

    private static bool TryConnect(int port, out TcpClient? client)
    {
        client = new TcpClient(AddressFamily.InterNetwork);
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            client.Dispose();
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
