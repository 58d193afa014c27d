using System.Globalization;
using System.Net;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Network;
using VServerPanel.Native.Tests.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Network;

/// <summary>Addresses of a running vserver are changed by <c>config set</c>, in a network namespace that stands for the host's.</summary>
[Collection(RealHost.Name)]
public sealed class LiveAddressTests : IDisposable
{
    private readonly TrialHost _host = new();
    private readonly PrivateNetwork _network = new("10.77.0.1/24", "fd77::1/64");
    private readonly VServerName _alpha;

    public LiveAddressTests()
    {
        _alpha = _host.Add("alpha", "IPROOT=\"10.77.0.2/24 fd77::2/64\"\nIPROOTDEV=site\n", hasInit: false);
        File.Copy(ProbeProgram.Path, _host.Paths.TreeOf(_alpha) + "/bin/probe");
        Expect("alpha", "start");
    }

    public void Dispose()
    {
        _host.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Set_OtherAddresses_AreThereAtOnceForNewSockets()
    {
        Assert.Equal("ok 10.77.0.2", Bind("0.0.0.0"));
        var output = Set("IPROOT=10.77.0.9/24 10.77.0.2/24");
        Assert.DoesNotContain("next start", output, StringComparison.Ordinal);
        Assert.Equal(["10.77.0.2/24", "10.77.0.9/24"], OnDevice());
        Assert.Equal("ok 10.77.0.9", Bind("10.77.0.9"));
        Assert.Equal("EAFNOSUPPORT socket", Bind("fd77::2"));

        Set("IPROOT=10.77.0.9/24");
        Assert.Equal(["10.77.0.9/24"], OnDevice());
        Assert.Equal("ok 10.77.0.9", Bind("0.0.0.0"));
        Assert.Equal("EADDRNOTAVAIL bind", Bind("10.77.0.2"));
        Assert.Equal("EADDRNOTAVAIL bind", Bind("10.77.0.1"));

        // another may have it now
        _host.Add("beta", "IPROOT=10.77.0.2/24\nIPROOTDEV=site\n", hasInit: false);
        Expect("beta", "start");
        Expect("beta", "stop");

        // the same address with another mask
        Set("IPROOT=10.77.0.9/25");
        Assert.Equal(["10.77.0.9/25"], OnDevice());
        Expect("alpha", "stop");
        Assert.Empty(OnDevice());
    }

    [Fact]
    public void Set_NewAddress_TheNeighboursAreTold()
    {
        using var wire = _network.Do(() => Libc.Socket(Libc.AF_PACKET, Libc.SOCK_DGRAM, IPAddress.HostToNetworkOrder((short)Libc.ETH_P_ARP) & 0xffff));
        Set("IPROOT=10.77.0.2/24 10.77.0.8/24");
        var heard = new List<string>();
        var packet = new byte[256];
        while (Libc.WaitReadable(wire, TimeSpan.FromSeconds(1)))
        {
            // arp(7): the sender's IPv4 address after eight bytes and its hardware address
            Libc.Receive(wire, packet);
            heard.Add(new IPAddress(packet.AsSpan(14, 4)).ToString());
        }

        Assert.Contains("10.77.0.8", heard);
        Assert.DoesNotContain("10.77.0.2", heard);
    }

    [Theory]
    [InlineData("IPROOT=10.77.0.7/24 10.77.0.1/24")] // the host's
    [InlineData("IPROOT=10.77.0.7/24 10.77.0.3/24")] // another vserver's
    [InlineData("IPROOT=10.77.0.7/24 nosuchdev0:10.77.0.8/24")]
    public void Set_Impossible_IsUndone(string setting)
    {
        _host.Add("beta", "IPROOT=10.77.0.3/24\n", hasInit: false);
        Expect("beta", "start");
        var before = (OnDevice(), File.ReadAllText(_host.Paths.ConfOf(_alpha)), State().Claims, Bind("0.0.0.0"));
        Assert.NotEqual(0, VServer("alpha", "config", "set", setting).ExitCode);
        Assert.Equal(before.Item1, OnDevice());
        Assert.Equal(before.Item2, File.ReadAllText(_host.Paths.ConfOf(_alpha)));
        Assert.Equal(before.Claims, State().Claims);
        Assert.Equal(before.Item4, Bind("0.0.0.0"));
        Set("IPROOT=10.77.0.7/24");
    }

    [Fact]
    public void Set_KilledAtEachStep_DevicesAndTiesAreAsTheFileSays()
    {
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 40);
            var result = VServerWith(new() { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, "alpha", "config", "set", "IPROOT=10.77.0.9/24");
            Expect("--as", "vserver-jobs", "recover");
            var conf = VServerConf.From(ConfFile.Read(_host.Paths.ConfOf(_alpha))).Conf;
            Assert.Equal(conf.Addresses.Where(a => !a.IsIPv6).Select(a => $"{a.Address}/{a.PrefixLength}"), OnDevice());
            Assert.Equal(conf.Addresses.Select(a => a.Address.ToString()), State().Claims);
            Assert.Equal(conf.Addresses.Select(a => a.Address.ToString()), State().Addresses.Select(a => a.Address));
            Assert.Equal($"ok {conf.Addresses[0].Address}", Bind("0.0.0.0"));
            if (!result.WasKilled)
            {
                Assert.Equal(0, result.ExitCode);
                Assert.InRange(point, 8, 40);
                return;
            }

            Set("IPROOT=10.77.0.2/24 fd77::2/64");
        }
    }

    [Fact]
    public void Set_StartedWithNodev_LeavesDevicesAlone()
    {
        Expect("alpha", "stop");
        Expect("--nodev", "alpha", "start");
        Set("IPROOT=10.77.0.9/24");
        Assert.Empty(OnDevice());
        Assert.Equal("EADDRNOTAVAIL bind", Bind("10.77.0.2"));
    }

    [Fact]
    public void Set_FromTiedToLoose_WaitsForTheNextStart()
    {
        Assert.Contains("next start of alpha: IPROOT", Set("IPROOT="), StringComparison.Ordinal);
        Assert.Equal(["10.77.0.2/24"], OnDevice());
        Assert.Equal("ok 10.77.0.2", Bind("0.0.0.0"));
    }

    private RunState State() => new RunStateStore(_host.Paths).FindRunning(_alpha)!;

    // the vservers' own IPv4 addresses
    private List<string> OnDevice() => _network.Do(() =>
    {
        using var socket = new RouteSocket();
        return socket.List().Select(a => $"{a.Address}/{a.PrefixLength}").Where(a => a.StartsWith("10.77.0.", StringComparison.Ordinal) && a != "10.77.0.1/24").Order(StringComparer.Ordinal).ToList();
    });

    private string Bind(string address) => VServer("alpha", "exec", "probe", "-", "bind", "tcp", address, "81").Output.TrimEnd();

    private string Set(string setting) => Expect("alpha", "config", "set", setting);

    private string Expect(params string[] arguments)
    {
        var result = VServer(arguments);
        Assert.True(result.ExitCode == 0, $"vserver {string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output + result.Error;
    }

    private CommandOutput VServer(params string[] arguments) => VServerWith([], arguments);

    private CommandOutput VServerWith(Dictionary<string, string> environment, params string[] arguments) => _network.Do(() => HostCommand.Run(_host.Prefix, environment, arguments));
}
