using System.Diagnostics;
using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Network;
using VServerPanel.Native.Tests.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Network;

/// <summary>Vservers with a network of their own, started for real, in a network namespace that stands for the host's: a bridge, and a device for macvlan.</summary>
[Collection(RealHost.Name)]
public sealed partial class PrivateModeTests : IDisposable
{
    private const string Bridge = "vbr0";

    private readonly TrialHost _host = new();
    private readonly PrivateNetwork _network = new("10.77.0.1/24");
    private readonly List<RunningProbe> _running = [];

    public PrivateModeTests() => _network.Do(() =>
    {
        using (var socket = new RouteSocket())
        {
            socket.AddBridge(Bridge);
        }

        foreach (var address in (string[][])[["10.78.0.1/24"], ["fd78::1/64", "nodad"]])
        {
            TrialHost.Run("ip", ["address", "add", address[0], "dev", Bridge, .. address.Skip(1)]);
        }

        return "";
    });

    public void Dispose()
    {
        _running.ForEach(p => p.Dispose());
        _network.Do(() =>
        {
            _host.Dispose();
            return true;
        });
        _network.Dispose();
    }

    [Fact]
    public void TwoOnABridge_ReachEachOtherAndTheHost_AndSeeNothingElseOfIt()
    {
        Add("alpha", 2);
        Add("beta", 3);
        Expect("alpha", "start");
        Expect("beta", "start");
        Assert.Equal(2, Ports().Count);

        Serve("alpha", "tcp", "0.0.0.0", "80", "alpha");
        Serve("alpha", "tcp", "fd78::2", "80", "alpha6");
        Serve("beta", "udp", "0.0.0.0", "67", "beta");
        Serve(null, "tcp", "10.78.0.1", "80", "host");
        Serve(null, "tcp", "10.77.0.1", "81", "site");
        Assert.StartsWith("ok alpha from 10.78.0.1 ", Run(ProbeProgram.Path, "-", "ask", "tcp", "10.78.0.2", "80"), StringComparison.Ordinal);
        Assert.StartsWith("ok alpha from 10.78.0.3 ", In("beta", "ask", "tcp", "10.78.0.2", "80"), StringComparison.Ordinal);
        Assert.StartsWith("ok alpha6 from fd78::3 ", In("beta", "ask", "tcp", "fd78::2", "80"), StringComparison.Ordinal);
        Assert.StartsWith("ok host from 10.78.0.3 ", In("beta", "ask", "tcp", "10.78.0.1", "80"), StringComparison.Ordinal);

        // by the router, to what is not on its link
        Assert.StartsWith("ok site from 10.78.0.3 ", In("beta", "ask", "tcp", "10.77.0.1", "81"), StringComparison.Ordinal);

        // a broadcast to whoever listens, as DHCP's
        Assert.StartsWith("ok beta from 10.78.0.2 ", In("alpha", "ask", "udp", "255.255.255.255", "67"), StringComparison.Ordinal);
        Assert.StartsWith("ok beta from 10.78.0.2 ", In("alpha", "ask", "udp", "10.78.0.255", "67"), StringComparison.Ordinal);

        // raw packets, its root only; the hosts' devices and sockets are not there, and nothing can be changed without S_CAPS
        Assert.StartsWith("ok", In("alpha", "open", "2", "3", "1"), StringComparison.Ordinal);
        Assert.StartsWith("ok", In("alpha", "open", "17", "3", "768"), StringComparison.Ordinal);
        Assert.Equal("EPERM socket", Run(HostCommand.Path, "alpha", "suexec", "ann", "probe", "-", "open", "2", "3", "1"));
        var devices = Expect("alpha", "exec", "cat", "/proc/net/dev");
        Assert.Contains(LinkPlan.GuestDevice, devices, StringComparison.Ordinal);
        Assert.DoesNotContain(Bridge, devices, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_NET_ADMIN", State("alpha").Capabilities);
        Assert.Contains("CAP_NET_RAW", State("alpha").Capabilities);
        Assert.Equal("ECONNREFUSED connect", In("beta", "ask", "tcp", "127.0.0.1", "80"));

        Expect("alpha", "stop");
        Expect("beta", "stop");
        Assert.Empty(Ports());
    }

    [Fact]
    public void Send_UnderOtherHardwareAddresses_TakesNoMemoryOfTheBridgeAndNobodysPlace()
    {
        Add("alpha", 2);
        Add("beta", 3);
        Expect("alpha", "start");
        Expect("beta", "start");
        var own = Expect("alpha", "exec", "cat", "/sys/class/net/eth0/address").Trim();
        var betas = Expect("beta", "exec", "cat", "/sys/class/net/eth0/address").Trim();
        var (port, betasPort) = (State("alpha").HostEnd!.Device, State("beta").HostEnd!.Device);
        var pid = State("alpha").Init!.Pid.ToString(CultureInfo.InvariantCulture);

        // what is for the neighbour goes to him, also what answers to this
        Assert.Contains(" 0 packets received", PingAs(betas), StringComparison.Ordinal);

        // one that may change its address is reached all the same
        Assert.Contains(" 1 packets received", PingAs("02:00:00:00:00:99"), StringComparison.Ordinal);

        var known = Run("bridge", "fdb", "show", "br", Bridge);
        Assert.DoesNotContain("02:00:00:00:00:99", known, StringComparison.Ordinal);
        Assert.Contains($"{own} dev {port} sticky master {Bridge} static", known, StringComparison.Ordinal);
        Assert.Contains($"{betas} dev {betasPort} sticky master {Bridge} static", known, StringComparison.Ordinal);
        Assert.DoesNotContain($"{betas} dev {port} ", known, StringComparison.Ordinal);

        // a packet socket needs no new address of the device for it; this is the shorter way to the same frames
        string PingAs(string address)
        {
            Run("nsenter", "-t", pid, "-n", "ip", "link", "set", "eth0", "address", address);
            Run("ip", "neigh", "flush", "dev", Bridge);
            return Run("nsenter", "-t", pid, "-n", "busybox", "ping", "-c", "1", "-W", "5", "10.78.0.1");
        }
    }

    [Fact]
    public void AbstractSocketOfTheHost_IsNotVisibleInside()
    {
        var name = $"vs-test-{Guid.NewGuid():n}";
        Add("alpha", 2);
        Expect("alpha", "start");
        using var socket = _network.Do(() => new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified));
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint("\0" + name));
        socket.Listen();
        Assert.Contains(name, _network.Do(() => File.ReadAllText("/proc/thread-self/net/unix")), StringComparison.Ordinal);
        Assert.DoesNotContain(name, Expect("alpha", "exec", "cat", "/proc/net/unix"), StringComparison.Ordinal);
    }

    [Fact]
    public void Macvlan_TwoOnADevice_ReachEachOther_AndStartAgainAtOnce()
    {
        Add("alpha", 2, "NETWORK_LINK=macvlan\nIPROOTDEV=site\n", hasInit: true);
        Add("beta", 3, "NETWORK_LINK=macvlan\nIPROOTDEV=site\n");
        Expect("alpha", "start");
        Expect("beta", "start");
        Assert.Null(State("alpha").HostEnd);
        var address = Expect("alpha", "exec", "cat", "/sys/class/net/eth0/address");
        Serve("alpha", "tcp", "0.0.0.0", "80", "alpha");
        Assert.StartsWith("ok alpha from 10.78.0.3 ", In("beta", "ask", "tcp", "10.78.0.2", "80"), StringComparison.Ordinal);

        // stopped, and ended by itself: the same hardware address is free again
        Expect("alpha", "stop");
        Expect("alpha", "start");
        Assert.Equal(address, Expect("alpha", "exec", "cat", "/sys/class/net/eth0/address"));
        var first = State("alpha").Generation;
        Expect("alpha", "exec", "reboot", "-f");
        TrialHost.Eventually(() => Store.FindRunning(VServerName.Parse("alpha")) is { } again && again.Generation != first, "the second life");
        Assert.Equal(address, Expect("alpha", "exec", "cat", "/sys/class/net/eth0/address"));
    }

    [Fact]
    public void Dhcp_FromAServerOnTheBridge_GivesAnAddressToWhoMayTakeIt()
    {
        Assert.SkipUnless(TrialHost.Run("busybox", "--list").Split('\n').Contains("udhcpd"), "busybox has no udhcpd here");
        var conf = _host.Prefix.Directory + "/udhcpd.conf";
        File.WriteAllText(conf, $"start 10.78.0.100\nend 10.78.0.110\ninterface {Bridge}\nlease_file {conf}.leases\npidfile {conf}.pid\noption subnet 255.255.255.0\noption lease 600\n");
        File.WriteAllText(conf + ".leases", "");
        using var server = _network.Do(() => HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), "busybox", "udhcpd", "-f", conf));
        try
        {
            Serve(null, "tcp", "10.78.0.1", "80", "host");
            foreach (var (name, given) in ((string, string)[])[("alpha", "S_CAPS=CAP_NET_ADMIN\n"), ("beta", "")])
            {
                var added = _host.Add(name, $"NETWORK_MODE=private\nIPROOTDEV={Bridge}\n{given}", hasInit: false);
                var tree = _host.Paths.TreeOf(added);
                File.Copy(ProbeProgram.Path, tree + "/bin/probe");
                File.WriteAllText(tree + "/bin/lease", "#!/bin/sh\n[ $1 = bound ] || exit 0\necho lease of $ip\n/bin/busybox ip address add $ip/24 dev $interface\n");
                File.SetUnixFileMode(tree + "/bin/lease", UnixFileMode.UserRead | UnixFileMode.UserExecute);
                Expect(name, "start");
                Assert.Contains("lease of 10.78.0.1", Expect(name, "exec", "/bin/busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/lease"), StringComparison.Ordinal);
            }

            Assert.StartsWith("10.78.0.1", Assert.Single(Status("alpha").Addresses), StringComparison.Ordinal);
            Assert.Empty(Status("beta").Addresses);
            Assert.StartsWith("ok host from 10.78.0.1", In("alpha", "ask", "tcp", "10.78.0.1", "80"), StringComparison.Ordinal);
            Assert.Equal("ENETUNREACH connect", In("beta", "ask", "tcp", "10.78.0.1", "80"));
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    [Fact]
    public void HostsEnd_IsNamedByTheContext_AndNeverTakesAnothersDevice()
    {
        _network.Do(() => TrialHost.Run("ip", "link", "add", "vs777", "type", "bridge"));
        Add("alpha", 2, $"S_CONTEXT=777\nIPROOTDEV={Bridge}\n");
        Expect("alpha", "start");
        Assert.Equal("vs777a", State("alpha").HostEnd!.Device);
        Assert.Equal(["vs777a"], Ports());

        // its name, with another's hardware address: not ours to remove
        Store.Save(VServerName.Parse("alpha"), State("alpha") with { HostEnd = State("alpha").HostEnd! with { Device = "vs777" } });
        Expect("alpha", "stop");
        Assert.Contains("vs777\n", _network.Do(Links) + "\n", StringComparison.Ordinal);
        TrialHost.Eventually(() => Ports().Count == 0, "the kernel removes the link with its namespace");
    }

    [Fact]
    public void Dns_IsWrittenAtTheStart_NeverThroughTheGuestsSymlink()
    {
        var name = Add("alpha", 2, $"IPROOTDEV={Bridge}\nDNS=\"10.78.0.53 fd78::53\"\n");
        var target = _host.Prefix.Directory + "/target";
        File.WriteAllText(target, "the host's");
        File.CreateSymbolicLink(_host.Paths.TreeOf(name) + "/etc/resolv.conf", target);
        Expect("alpha", "start");
        Assert.EndsWith("nameserver 10.78.0.53\nnameserver fd78::53\n", Expect("alpha", "exec", "cat", "/etc/resolv.conf"), StringComparison.Ordinal);
        Assert.Equal("the host's", File.ReadAllText(target));
        File.Delete(target);
    }

    [Theory]
    [InlineData("IPROOTDEV=nosuch0", "no bridge 'nosuch0' on this host. Its bridges are vbr0. 'vserver-setup --bridge nosuch0")]
    [InlineData("IPROOTDEV=site", "'site' is no bridge")]
    [InlineData("NETWORK_LINK=macvlan\nIPROOTDEV=nosuch0", "no network device 'nosuch0'")]
    [InlineData("NETWORK_LINK=macvlan\nIPROOTDEV=lo", "needs an Ethernet device")]
    [InlineData("IPROOTDEV=vbr0\nIPROOT=10.78.0.1/24", "the host's own address on vbr0")]
    public void Start_NothingToBeConnectedTo_IsRefusedWithWhatToDo(string conf, string message)
    {
        _host.Add("alpha", $"NETWORK_MODE=private\n{conf}\n", hasInit: false);
        var problem = VServer([], "--json", "alpha", "start").Problem;
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(message, VServer([], "--json", "--plan", "alpha", "start").Result<OperationPlan>().Problems.Single().Message, StringComparison.Ordinal);
        Assert.Empty(Ports());
    }

    [Fact]
    public void Build_PrivateNetwork_IsPlannedAndWritten()
    {
        string[] options = ["build", "--method", "skeleton", "--network", "private", "--ondev", Bridge, "--ip", "10.78.0.9/24", "--gateway", "10.78.0.1", "--dns", "10.78.0.1"];
        Assert.Empty(VServer([], ["--json", "--plan", "gamma", .. options]).Result<OperationPlan>().Problems);
        Expect(["gamma", .. options]);
        var conf = File.ReadAllText(_host.Paths.ConfOf(VServerName.Parse("gamma")));
        Assert.Contains("\nNETWORK_MODE=\"private\"\n", conf, StringComparison.Ordinal);
        Assert.Contains("\nGATEWAY=\"10.78.0.1\"\n", conf, StringComparison.Ordinal);

        // another on this bridge cannot have its address; one on another device can
        var problems = VServer([], ["--json", "--plan", "delta", .. options]).Result<OperationPlan>().Problems;
        Assert.Equal(ProblemCode.AddressInUse, Assert.Single(problems).Code);
        Assert.Empty(VServer([], ["--json", "--plan", "delta", .. options.Select(o => o == Bridge ? "site" : o), "--link", "macvlan"]).Result<OperationPlan>().Problems);
        Assert.Contains("no bridge 'vbr1'", Assert.Single(VServer([], ["--json", "--plan", "delta", .. options.Select(o => o == Bridge ? "vbr1" : o)]).Result<OperationPlan>().Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OfAnotherOnTheSameBridge_IsRefusedUntilThatStops()
    {
        Add("alpha", 2);
        _host.Add("beta", $"NETWORK_MODE=private\nIPROOTDEV={Bridge}\nIPROOT=10.78.0.2/24\n", hasInit: false);
        Expect("alpha", "start");
        Assert.Equal(ProblemCode.AddressInUse, VServer([], "--json", "beta", "start").Problem.Code);
        var status = Status("alpha");
        Assert.Equal(["10.78.0.2", "fd78::2"], status.Addresses);
        Assert.Equal((NetworkMode.Private, VServerState.Running), (status.NetworkMode, status.State));
        Expect("alpha", "stop");
        Expect("beta", "start");
    }

    private RunStateStore Store => new(_host.Paths);

    private RunState State(string name) => Store.FindRunning(VServerName.Parse(name))!;

    private VServerStatus Status(string name) =>
        VServer([], "--as", "vserver-stat", "--json").Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.VServer).Select(i => WireProtocol.FromElement<VServerStatus>(i.Data)).Single(s => s.Name.Value == name);

    private VServerName Add(string name, int number, string link = $"IPROOTDEV={Bridge}\n", bool hasInit = false)
    {
        var added = _host.Add(name, $"NETWORK_MODE=private\nIPROOT=\"10.78.0.{number}/24 fd78::{number}/64\"\nGATEWAY=10.78.0.1\n{link}", hasInit);
        File.Copy(ProbeProgram.Path, _host.Paths.TreeOf(added) + "/bin/probe");
        return added;
    }

    // in the namespace that stands for the host's: other tests' addresses are not ours
    private (string Links, KernelCensus Census) Census() => (Links(), KernelCensus.Take(_host.Prefix));

    private void AssertSame(KernelCensus before) => _network.Do(() =>
    {
        KernelCensus.AssertSame(before, _host.Prefix);
        return true;
    });

    private static string Links()
    {
        using var socket = new RouteSocket();
        return string.Join('\n', socket.ListLinks().Select(l => l.Name).Order(StringComparer.Ordinal));
    }

    private List<string> Ports() => _network.Do(() =>
    {
        using var socket = new RouteSocket();
        var links = socket.ListLinks();
        return links.Where(l => l.Master == links.Single(b => b.Name == Bridge).Index).Select(l => l.Name).ToList();
    });

    private string In(string name, params string[] words) => Run(HostCommand.Path, [name, "exec", "probe", "-", .. words]);

    private string Run(string program, params string[] arguments) => _network.Do(() => Output(HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), program, arguments))).TrimEnd();

    private static string Output(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            return process.StandardOutput.ReadToEnd();
        }
    }

    private void Serve(string? name, params string[] words)
    {
        var process = _network.Do(() => name is null
            ? HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), ProbeProgram.Path, ["-", "serve", .. words])
            : HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), HostCommand.Path, [name, "exec", "probe", "-", "serve", .. words]));
        var probe = new RunningProbe(process);
        _running.Add(probe);
        Assert.StartsWith("ready ", probe.ReadLine(), StringComparison.Ordinal);
    }

    private string Expect(params string[] arguments)
    {
        var result = VServer([], arguments);
        Assert.True(result.ExitCode == 0, $"vserver {string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    private CommandOutput VServer(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = _network.Do(() => HostCommand.Start(_host.Prefix, environment, HostCommand.Path, arguments));
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
