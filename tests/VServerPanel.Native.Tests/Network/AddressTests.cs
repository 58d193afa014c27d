using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Network;

[Collection(RealHost.Name)]
public sealed class AddressTests : IDisposable
{
    // the device first: where there is none the test is skipped, and nothing else has been made yet
    private readonly TestDevice _device = TestDevice.Add();
    private readonly TrialHost _host = new();

    public void Dispose()
    {
        _host.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Addresses_OnIprootdev_ComeWithTheStartAndGoWithTheStop()
    {
        _host.Add("alpha", $"IPROOT=\"198.51.100.1/24 2001:db8::1/64\"\nIPROOTDEV={_device.Name}\n", hasInit: false);
        var before = KernelCensus.Take(_host.Prefix);
        _host.Expect("alpha", "start");
        var there = _device.Addresses();
        Assert.Contains("inet 198.51.100.1/24", there, StringComparison.Ordinal);
        Assert.Contains("inet6 2001:db8::1/64", there, StringComparison.Ordinal);
        Assert.DoesNotContain("tentative", there.Split('\n').Single(l => l.Contains("2001:db8::1/64", StringComparison.Ordinal)), StringComparison.Ordinal);
        _host.Expect("alpha", "stop");
        KernelCensus.AssertSame(before, _host.Prefix);
    }

    [Fact]
    public void Addresses_OneOfASubnetStops_TheOthersStay()
    {
        _host.Add("alpha", $"IPROOT=198.51.100.1/24\nIPROOTDEV={_device.Name}\n", hasInit: false);
        _host.Add("beta", $"IPROOT={_device.Name}:198.51.100.2/24\n", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("beta", "start");
        _host.Expect("alpha", "stop");
        Assert.Contains("198.51.100.2/24", _device.Addresses(), StringComparison.Ordinal);

        // an address with its own device goes at the stop too, IPROOTDEV or not
        _host.Expect("beta", "stop");
        Assert.DoesNotContain("198.51.100", _device.Addresses(), StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OfTheHost_IsRefusedAndStays()
    {
        TrialHost.Run("ip", "addr", "add", "198.51.100.9/24", "dev", _device.Name);
        _host.Add("alpha", $"IPROOT=198.51.100.9\nIPROOTDEV={_device.Name}\n", hasInit: false);
        Assert.Equal(ProblemCode.AddressInUse, _host.VServer("--json", "alpha", "start").Problem.Code);
        Assert.Contains("198.51.100.9/24", _device.Addresses(), StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OfTheHostWithoutIprootdev_IsUsedAndStays()
    {
        TrialHost.Run("ip", "addr", "add", "198.51.100.9/24", "dev", _device.Name);
        _host.Add("alpha", "IPROOT=198.51.100.9\n", hasInit: false);
        _host.Expect("alpha", "start");
        _host.Expect("alpha", "stop");
        Assert.Contains("198.51.100.9/24", _device.Addresses(), StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OfAnotherVServer_IsRefusedUntilThatStops()
    {
        _host.Add("alpha", "IPROOT=198.51.100.7\n", hasInit: false);
        _host.Add("beta", "IPROOT=198.51.100.7\n", hasInit: false);
        _host.Expect("alpha", "start");
        var problem = _host.VServer("--json", "beta", "start").Problem;
        Assert.Equal(ProblemCode.AddressInUse, problem.Code);
        Assert.Contains("alpha", problem.Message, StringComparison.Ordinal);
        _host.Expect("alpha", "stop");
        _host.Expect("beta", "start");
    }

    [Fact]
    public void Nodev_Start_LeavesDevicesAlone()
    {
        _host.Add("alpha", $"IPROOT=198.51.100.1/24\nIPROOTDEV={_device.Name}\n", hasInit: false);
        _host.Expect("--nodev", "alpha", "start");
        Assert.DoesNotContain("198.51.100.1", _device.Addresses(), StringComparison.Ordinal);
    }

    [Fact]
    public void Device_NotThere_IsRefused()
    {
        _host.Add("alpha", "IPROOT=198.51.100.1/24\nIPROOTDEV=nosuchdev0\n", hasInit: false);
        var problem = _host.VServer("--json", "alpha", "start").Problem;
        Assert.Equal(ProblemCode.InvalidConfiguration, problem.Code);
        Assert.Contains("nosuchdev0", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrivateNetwork_HasLoopbackOnly_AndRefusesAddresses()
    {
        _host.Add("alpha", "NETWORK_MODE=private\n", hasInit: false);
        _host.Add("beta", "NETWORK_MODE=private\nIPROOT=198.51.100.1\n", hasInit: false);
        _host.Expect("alpha", "start");
        var devices = _host.Expect("alpha", "exec", "cat", "/proc/net/dev");
        Assert.Contains("lo:", devices, StringComparison.Ordinal);
        Assert.DoesNotContain(_device.Name, devices, StringComparison.Ordinal);
        Assert.Equal(ProblemCode.InvalidConfiguration, _host.VServer("--json", "beta", "start").Problem.Code);
    }
}
