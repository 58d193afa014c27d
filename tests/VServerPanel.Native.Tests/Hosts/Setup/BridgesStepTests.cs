using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Hosts.Setup;

/// <summary>In a network namespace that stands for the host's.</summary>
public sealed class BridgesStepTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly PrivateNetwork _network;

    public BridgesStepTests()
    {
        Assert.SkipUnless(Environment.UserName == "root", "making bridges needs root");
        _network = new PrivateNetwork("10.77.0.1/24");
    }

    public void Dispose()
    {
        _network.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Apply_BridgeWithAddresses_IsThereUpAndMadeAgainAfterABoot()
    {
        var wanted = HostBridge.Parse("vbr7", ["10.79.0.1/24", "fd79::1/64"]);
        Assert.Equal(4, Do(new BridgesStep(_prefix.Paths, wanted).Missing).Count);
        Apply(new BridgesStep(_prefix.Paths, wanted));
        Assert.Equal("10.79.0.1/24 fd79::1/64", Addresses());
        Assert.Empty(Do(new BridgesStep(_prefix.Paths, wanted).Missing));
        Assert.Contains("UP", _network.Do(() => TrialHost.Run("ip", "link", "show", "vbr7")), StringComparison.Ordinal);

        // another one keeps the first
        Apply(new BridgesStep(_prefix.Paths, HostBridge.Parse("vbr8", [])));
        Assert.Equal(["vbr7 10.79.0.1/24 fd79::1/64", "vbr8"], new HostBridges(_prefix.Paths).Read().Select(b => b.ToString()));

        // as after a boot; then as when somebody has taken an address off
        _network.Do(() => TrialHost.Run("ip", "link", "del", "vbr7"));
        Apply(new BridgesStep(_prefix.Paths, null));
        Assert.Equal("10.79.0.1/24 fd79::1/64", Addresses());
        _network.Do(() => TrialHost.Run("ip", "addr", "del", "10.79.0.1/24", "dev", "vbr7"));
        Assert.Equal(["Put 10.79.0.1/24 on vbr7"], Do(new BridgesStep(_prefix.Paths, null).Missing));
    }

    [Fact]
    public void Apply_BridgeThatHeedsRouters_HeedsNoneAnyMore()
    {
        const string Setting = "/proc/sys/net/ipv6/conf/vbr7/accept_ra";
        Do(() => TrialHost.Run("ip", "link", "add", "vbr7", "type", "bridge"));
        Assert.SkipUnless(Do(() => File.Exists(Setting)), "this kernel has no IPv6");
        Do(() => TrialHost.Run("ip", "link", "set", "vbr7", "up"));
        var step = new BridgesStep(_prefix.Paths, HostBridge.Parse("vbr7", []));
        Assert.Equal("1", Do(() => File.ReadAllText(Setting)).Trim());
        Assert.Contains("Have vbr7 ignore router advertisements", Do(step.Missing));
        Apply(step);
        Assert.Equal("0", Do(() => File.ReadAllText(Setting)).Trim());
        Assert.Empty(Do(step.Missing));
    }

    [Theory]
    [InlineData("site", "10.79.0.1/24", ProblemCode.InvalidArgument)]
    [InlineData("vbr7", "10.77.0.1/24", ProblemCode.AddressInUse)]
    [InlineData("vbr7", "10.79.0.1", ProblemCode.InvalidArgument)]
    [InlineData("a bridge", "10.79.0.1/24", ProblemCode.InvalidArgument)]
    public void Missing_CannotBe_IsRefused(string name, string address, ProblemCode code) =>
        Assert.Equal(code, Assert.Throws<ProblemException>(() => Do(() => new BridgesStep(_prefix.Paths, HostBridge.Parse(name, [address])).Missing())).Code);

    private void Apply(BridgesStep step) => Do(() =>
    {
        step.Apply();
        return "";
    });

    private string Addresses() => Do(() =>
    {
        using var socket = new RouteSocket();
        var index = socket.FindLink("vbr7")!.Index;
        return string.Join(' ', socket.List().Where(a => a.DeviceIndex == index && !a.Address.IsIPv6LinkLocal).Select(a => $"{a.Address}/{a.PrefixLength}"));
    });

    private T Do<T>(Func<T> work) => _network.Do(work);
}
