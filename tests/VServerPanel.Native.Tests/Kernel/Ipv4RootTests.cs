using System.Net;
using System.Net.Sockets;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>What a vserver that is tied to its addresses can and cannot do, in the running kernel. What is refused is shown to succeed outside.</summary>
public sealed class Ipv4RootTests : IDisposable
{
    private readonly TiedHost _host = new();

    public Ipv4RootTests()
    {
        _host.Add("alpha", "IPROOT=\"10.77.0.2/24 fd77::2/64\"\n");
        _host.Add("beta", "IPROOT=\"10.77.0.3/24 fd77::3/64\"\n");
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("tcp", "0.0.0.0", "ok 10.77.0.2", "ok 0.0.0.0")]
    [InlineData("udp", "0.0.0.0", "ok 10.77.0.2", "ok 0.0.0.0")]
    [InlineData("tcp", "10.77.0.2", "ok 10.77.0.2", "ok 10.77.0.2")]
    [InlineData("tcp", "10.77.0.1", "EADDRNOTAVAIL bind", "ok 10.77.0.1")]
    [InlineData("udp", "10.77.0.3", "EADDRNOTAVAIL bind", "ok 10.77.0.3")]
    [InlineData("tcp", "127.0.0.1", "ok 127.0.0.1", "ok 127.0.0.1")]
    [InlineData("tcp", "127.0.0.53", "ok 127.0.0.1", "ok 127.0.0.53")]
    [InlineData("udp", "10.77.0.255", "ok 10.77.0.255", "ok 10.77.0.255")]
    [InlineData("udp", "255.255.255.255", "EADDRNOTAVAIL bind", "ok 255.255.255.255")]
    [InlineData("udp", "224.0.0.251", "EADDRNOTAVAIL bind", "ok 224.0.0.251")]
    [InlineData("tcp", "::", "ok ::ffff:10.77.0.2", "ok ::")]
    [InlineData("tcp", "fd77::2", "ok fd77::2", "ok fd77::2")]
    [InlineData("tcp", "fd77::1", "EADDRNOTAVAIL bind", "ok fd77::1")]
    [InlineData("tcp", "::1", "ok ::ffff:127.0.0.1", "ok ::1")]
    [InlineData("tcp", "::ffff:10.77.0.1", "EADDRNOTAVAIL bind", "ok ::ffff:10.77.0.1")]
    public void Bind_InAlpha_IsToItsOwn(string protocol, string address, string inAlpha, string onHost)
    {
        Assert.Equal(inAlpha, _host.Probe("alpha", "bind", protocol, address, "8081"));
        Assert.Equal(onHost, _host.Probe("host", "bind", protocol, address, "8081"));
    }

    [Fact]
    public void Bind_AnyOfIPv6Alone_IsToItsOwn()
    {
        Assert.Equal("ok fd77::2", _host.Probe("alpha", "bind", "tcp", "::", "8081", "v6only"));
        Assert.Equal("EINVAL bind", _host.Probe("alpha", "bind", "tcp", "::1", "8081", "v6only"));
        Assert.Equal("ok ::", _host.Probe("host", "bind", "tcp", "::", "8081", "v6only"));
    }

    [Fact]
    public void WebServers_AllOnPort80_AreReachedAtTheirAddressesOnly()
    {
        _host.Serve("host", "tcp", "10.77.0.1", "80", "host");
        Assert.Equal("10.77.0.2", _host.Serve("alpha", "tcp", "0.0.0.0", "8080", "alpha"));
        Assert.Equal("10.77.0.3", _host.Serve("beta", "tcp", "0.0.0.0", "8080", "beta"));
        Assert.Equal("10.77.0.2", _host.Serve("alpha", "tcp", "0.0.0.0", "80", "alpha"));
        Assert.Equal("10.77.0.3", _host.Serve("beta", "tcp", "0.0.0.0", "80", "beta"));
        foreach (var (address, name) in ((string, string)[])[("10.77.0.1", "host"), ("10.77.0.2", "alpha"), ("10.77.0.3", "beta")])
        {
            Assert.StartsWith($"ok {name} from ", _host.Probe("host", "ask", "tcp", address, "80"), StringComparison.Ordinal);
        }

        Assert.Equal("ECONNREFUSED connect", _host.Probe("host", "ask", "tcp", "10.77.0.4", "80"));
        Assert.Equal("ECONNREFUSED connect", _host.Probe("host", "ask", "tcp", "127.0.0.1", "80"));
    }

    [Theory]
    [InlineData("tcp", "10.77.0.1", "10.77.0.2")]
    [InlineData("udp", "10.77.0.1", "10.77.0.2")]
    [InlineData("tcp", "fd77::1", "fd77::2")]
    [InlineData("udp", "fd77::1", "fd77::2")]
    public void Connect_Unbound_ComesFromItsOwnAddress(string protocol, string server, string source)
    {
        _host.Serve("host", protocol, server, "90", "host");
        Assert.StartsWith($"ok host from {source} at ", _host.Probe("alpha", "ask", protocol, server, "90"), StringComparison.Ordinal);
        Assert.StartsWith($"ok host from {server} at ", _host.Probe("host", "ask", protocol, server, "90"), StringComparison.Ordinal);
    }

    [Fact]
    public void Send_ForeignSourceByPktInfo_ComesFromItsOwnAddress()
    {
        _host.Serve("host", "udp", "10.77.0.1", "90", "host");
        Assert.StartsWith("ok host from 10.77.0.5 ", _host.Probe("host", "ask", "udp", "10.77.0.1", "90", "10.77.0.5", "pktinfo"), StringComparison.Ordinal);
        Assert.StartsWith("ok host from 10.77.0.2 ", _host.Probe("alpha", "ask", "udp", "10.77.0.1", "90", "10.77.0.5", "pktinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void Loopback_OfOneVServer_IsNobodyElses(string protocol)
    {
        var refused = protocol == "tcp" ? "ECONNREFUSED connect" : "ECONNREFUSED sendmsg";
        _host.Serve("host", protocol, "127.0.0.1", "3306", "host");
        Assert.StartsWith("ok host ", _host.Probe("host", "ask", protocol, "127.0.0.1", "3306"), StringComparison.Ordinal);
        Assert.Equal(refused, _host.Probe("alpha", "ask", protocol, "127.0.0.1", "3306"));

        Assert.Equal("127.0.0.1", _host.Serve("alpha", protocol, "127.0.0.1", "3306", "alpha"));
        var answer = _host.Probe("alpha", "ask", protocol, "127.0.0.1", "3306");
        Assert.StartsWith("ok alpha from ", answer, StringComparison.Ordinal);
        Assert.Contains("peer 127.0.0.1", answer, StringComparison.Ordinal);
        Assert.Equal(refused, _host.Probe("beta", "ask", protocol, "127.0.0.1", "3306"));
        Assert.Equal(refused, _host.Probe("beta", "ask", protocol, _host.LoopbackOf("alpha").ToString(), "3306"));

        // nor is the address that it really has of use outside
        Assert.StartsWith("EAGAIN ", _host.Probe("host", "ask", protocol, _host.LoopbackOf("alpha").ToString(), "3306").Replace("EINPROGRESS", "EAGAIN", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void Loopback_ServicesOnAnyAddress_AreReached(string protocol)
    {
        _host.Serve("host", protocol, "0.0.0.0", "5300", "host");
        var refused = protocol == "tcp" ? "ECONNREFUSED connect" : "ECONNREFUSED sendmsg";
        Assert.Equal(refused, _host.Probe("alpha", "ask", protocol, "127.0.0.1", "5300"));
        Assert.Equal("10.77.0.2", _host.Serve("alpha", protocol, "0.0.0.0", "5301", "alpha"));
        Assert.StartsWith("ok alpha ", _host.Probe("alpha", "ask", protocol, "127.0.0.1", "5301"), StringComparison.Ordinal);
    }

    [Fact]
    public void Loopback_OfIPv6_IsThePrivateOne()
    {
        _host.Serve("host", "tcp", "::1", "3306", "host");
        Assert.StartsWith("ok host ", _host.Probe("host", "ask", "tcp", "::1", "3306"), StringComparison.Ordinal);
        Assert.Equal("ECONNREFUSED connect", _host.Probe("alpha", "ask", "tcp", "::1", "3306"));
        _host.Serve("alpha", "tcp", "::1", "3306", "alpha");
        Assert.StartsWith("ok alpha ", _host.Probe("alpha", "ask", "tcp", "::1", "3306"), StringComparison.Ordinal);
        Assert.StartsWith("ok alpha ", _host.Probe("alpha", "ask", "tcp", "127.0.0.1", "3306"), StringComparison.Ordinal);
        Assert.Equal("ECONNREFUSED connect", _host.Probe("beta", "ask", "tcp", "::1", "3306"));
    }

    [Fact]
    public void Listen_WithoutBind_IsReachedAtItsOwnAddressOnly()
    {
        using var control = _host.Start("host", "listen");
        _host.Probe("host", "ask", "tcp", "10.77.0.1", control.ReadLine()!);
        Assert.Equal("came at 10.77.0.1", control.ReadLine());

        using var listener = _host.Start("alpha", "listen");
        var port = listener.ReadLine()!;
        Assert.Equal("EINPROGRESS connect (no answer)", _host.Probe("host", "ask", "tcp", "10.77.0.1", port));
        _host.Probe("host", "ask", "tcp", "10.77.0.2", port);
        Assert.Equal("came at 10.77.0.2", listener.ReadLine());
    }

    [Theory]
    [InlineData("2", "3", "1", "EPERM socket")] // raw ICMP
    [InlineData("2", "3", "255", "EPERM socket")] // raw, own headers
    [InlineData("10", "3", "58", "EPERM socket")] // raw ICMPv6
    public void Open_RawSocket_IsRefused(string family, string type, string protocol, string inAlpha)
    {
        Assert.Equal(inAlpha, _host.Probe("alpha", "open", family, type, protocol));
        Assert.Equal("ok", _host.Probe("host", "open", family, type, protocol));
    }

    [Fact]
    public void Open_PingSocket_IsRefused()
    {
        // by the range the kernel refuses everybody (icmp(7)); in this network namespace all may
        _host.Do(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
            return true;
        });
        Assert.Equal("EPERM socket", _host.Probe("alpha", "open", "2", "2", "1"));
        Assert.Equal("ok", _host.Probe("host", "open", "2", "2", "1"));
    }

    [Fact]
    public void Send_OwnHeaderWithNetRaw_NeedsAnOwnSource()
    {
        _host.Add("gamma", "IPROOT=10.77.0.4\nS_CAPS=CAP_NET_RAW\n");
        Assert.Equal("EPERM socket", _host.Probe("alpha", "spoof", "10.77.0.2", "10.77.0.1"));
        Assert.Equal("ok", _host.Probe("gamma", "spoof", "10.77.0.4", "10.77.0.1"));
        Assert.Equal("EPERM sendto", _host.Probe("gamma", "spoof", "10.77.0.5", "10.77.0.1"));
        Assert.Equal("ok", _host.Probe("host", "spoof", "10.77.0.5", "10.77.0.1"));
    }

    [Fact]
    public void Bind_LowPort_IsForTheGuestsRoot()
    {
        string[] bind = ["bind", "tcp", "0.0.0.0", "80"];
        Assert.Equal("ok 10.77.0.2", _host.ProbeInside("alpha", [], bind));
        Assert.Equal("EACCES bind", _host.ProbeInside("alpha", ["setpriv", "--bounding-set=-net_bind_service"], bind));
        Assert.Equal("EACCES bind", _host.ProbeInside("alpha", ["unshare", "--user", "--map-root-user"], bind));

        // a root that nobody knows
        Assert.Equal("EACCES bind", _host.Do(() => new ChildProcesses.ChildProcess { Program = "unshare", Arguments = ["--user", "--map-root-user", ProbeProgram.Path, "-", .. bind] }.Run().TrimEnd()));
    }

    [Fact]
    public void Bind_LowPortOfAnUntiedVServer_IsForItsRoot()
    {
        _host.Add("gamma", "");
        Assert.Equal("ok 0.0.0.0", _host.ProbeInside("gamma", [], "bind", "tcp", "0.0.0.0", "80"));
        Assert.Equal("ok 10.77.0.1", _host.Probe("gamma", "bind", "tcp", "10.77.0.1", "8080"));
    }

    [Fact]
    public void Open_IPv6WithoutAnAddressOfIt_IsRefused()
    {
        _host.Add("gamma", "IPROOT=10.77.0.4\n");
        Assert.Equal("EAFNOSUPPORT socket", _host.Probe("gamma", "bind", "tcp", "::", "8080"));
        Assert.Equal("ok ::ffff:10.77.0.2", _host.Probe("alpha", "bind", "tcp", "::", "8080"));
    }

    [Fact]
    public void Bind_IPv4WithoutAnAddressOfIt_IsToTheLoopbackOnly()
    {
        _host.Add("gamma", "IPROOT=fd77::4\n");
        _host.Serve("host", "tcp", "10.77.0.1", "90", "host");
        Assert.Equal("ok 127.0.0.1", _host.Probe("gamma", "bind", "tcp", "0.0.0.0", "8080"));
        Assert.Equal("EADDRNOTAVAIL connect", _host.Probe("gamma", "ask", "tcp", "10.77.0.1", "90"));
    }

    [Fact]
    public void Serve_SeveralAddresses_IsReachedAtEach()
    {
        _host.Add("gamma", "IPROOT=\"10.77.0.4/24 10.77.0.5/24 fd77::4/64 fd77::5/64\"\n");
        Assert.Equal("10.77.0.4", _host.Serve("gamma", "tcp", "0.0.0.0", "80", "four"));
        Assert.Equal("fd77::4", _host.Serve("gamma", "tcp", "::", "80", "six", "v6only"));
        Assert.Equal("::ffff:10.77.0.4", _host.Serve("gamma", "tcp", "::", "81", "both"));
        Assert.Equal("10.77.0.5", _host.Serve("gamma", "tcp", "10.77.0.5", "81", "own"));
        foreach (var (address, port, name) in ((string, string, string)[])
            [("10.77.0.4", "80", "four"), ("10.77.0.5", "80", "four"), ("fd77::4", "80", "six"), ("fd77::5", "80", "six"), ("10.77.0.4", "81", "both"), ("fd77::4", "81", "both"), ("fd77::5", "81", "both"), ("10.77.0.5", "81", "own")])
        {
            Assert.StartsWith($"ok {name} from ", _host.Probe("host", "ask", "tcp", address, port), StringComparison.Ordinal);
            Assert.StartsWith($"ok {name} from ", _host.Probe("alpha", "ask", "tcp", address, port), StringComparison.Ordinal);
        }

        Assert.Equal("ECONNREFUSED connect", _host.Probe("host", "ask", "tcp", "10.77.0.2", "80"));
    }

    [Fact]
    public void Serve_BroadcastByIpRootBcast_GetsOwnAndBroadcastOnly()
    {
        _host.Add("gamma", "IPROOT=10.77.0.4/24\nIPROOTBCAST=255.255.255.255\n");
        using var received = _host.Start("gamma", "serve", "udp", "0.0.0.0", "6767", "dhcpd");
        Assert.Equal("ready 0.0.0.0", received.ReadLine());
        Assert.StartsWith("ok dhcpd ", _host.Probe("host", "ask", "udp", "10.77.0.4", "6767"), StringComparison.Ordinal);
        Assert.Equal("EAGAIN receive", _host.Probe("host", "ask", "udp", "10.77.0.1", "6767"));
        Assert.Equal("ok 255.255.255.255", _host.Probe("gamma", "bind", "udp", "255.255.255.255", "6868"));
        Assert.Equal("EADDRNOTAVAIL bind", _host.Probe("gamma", "bind", "tcp", "255.255.255.255", "6868"));
        Assert.Equal("EADDRNOTAVAIL bind", _host.Probe("gamma", "bind", "udp", "10.77.0.255", "6868"));
    }

    [Fact]
    public void Update_OtherAddresses_AreThoseOfNewSockets()
    {
        _host.Add("gamma", "IPROOT=\"10.77.0.4/24 10.77.0.5/24\"\n");
        _host.Serve("gamma", "tcp", "0.0.0.0", "80", "old");
        Assert.StartsWith("ok old ", _host.Probe("host", "ask", "tcp", "10.77.0.5", "80"), StringComparison.Ordinal);

        _host.Root.Update(Protocol.VServerName.Parse("gamma"), TiedHost.Conf("IPROOT=10.77.0.4/24\n"));
        Assert.Equal("EADDRNOTAVAIL bind", _host.Probe("gamma", "bind", "tcp", "10.77.0.5", "81"));
        Assert.Equal("ECONNREFUSED connect", _host.Probe("host", "ask", "tcp", "10.77.0.5", "80"));
        Assert.StartsWith("ok old ", _host.Probe("host", "ask", "tcp", "10.77.0.4", "80"), StringComparison.Ordinal);

        // and the next owner of the address has its connections
        _host.Root.Update(Protocol.VServerName.Parse("beta"), TiedHost.Conf("IPROOT=\"10.77.0.3/24 10.77.0.5/24\"\n"));
        _host.Serve("beta", "tcp", "0.0.0.0", "80", "new");
        Assert.StartsWith("ok new ", _host.Probe("host", "ask", "tcp", "10.77.0.5", "80"), StringComparison.Ordinal);
    }

    [Fact]
    public void Update_AddressTakenFromAnOpenSocket_IsSilent()
    {
        _host.Serve("alpha", "tcp", "10.77.0.2", "80", "alpha");
        Assert.StartsWith("ok alpha ", _host.Probe("host", "ask", "tcp", "10.77.0.2", "80"), StringComparison.Ordinal);
        _host.Root.Update(Protocol.VServerName.Parse("alpha"), TiedHost.Conf("IPROOT=10.77.0.4/24\n"));
        Assert.Equal("EINPROGRESS connect (no answer)", _host.Probe("host", "ask", "tcp", "10.77.0.2", "80"));
    }

    [Fact]
    public void Update_AddressTakenFromAConnection_SilencesIt()
    {
        using var listener = _host.Do(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.1"), 0));
        listener.Listen();
        _host.Start("alpha", "beat", "10.77.0.1", $"{((IPEndPoint)listener.LocalEndPoint!).Port}");
        using var connection = listener.Accept();
        Assert.Equal("10.77.0.2", ((IPEndPoint)connection.RemoteEndPoint!).Address.ToString());
        Assert.True(IsHeard(connection));

        _host.Root.Update(Protocol.VServerName.Parse("alpha"), TiedHost.Conf("IPROOT=10.77.0.4/24\n"));

        Assert.False(IsHeard(connection));
    }

    /// <summary>Whether anything comes within two seconds that was not sent before.</summary>
    private static bool IsHeard(Socket connection)
    {
        Thread.Sleep(200);
        while (connection.Available > 0)
        {
            connection.Receive(new byte[64]);
        }

        return connection.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead);
    }

    [Fact]
    public void Update_OfAVServerThatDoesNotRun_IsAProblem() =>
        Assert.Throws<ProblemException>(() => _host.Root.Update(Protocol.VServerName.Parse("nobody"), TiedHost.Conf("IPROOT=10.77.0.4\n")));

    [Fact]
    public void RemoveGone_AfterAStop_LeavesNoEntry()
    {
        using var entries = _host.Root.Programs.OpenEntries()!;
        Assert.Equal(2, entries.Keys().Count);
        var alpha = Libc.statx(null, _host.CgroupOf("alpha")).Inode;
        _host.Remove("alpha");
        _host.Root.RemoveGone();
        Assert.DoesNotContain(alpha, entries.Keys());
        Assert.Single(entries.Keys());
        Assert.Equal("EADDRNOTAVAIL bind", _host.Probe("beta", "bind", "tcp", "10.77.0.1", "81"));
    }
}
