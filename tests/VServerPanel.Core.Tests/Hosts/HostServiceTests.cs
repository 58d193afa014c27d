using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

public class HostServiceTests
{
    public static HostReport Report { get; } = new()
    {
        Hostname = "host1",
        Kernel = "6.18",
        Distribution = "Debian 12",
        Architecture = "x86_64",
        Version = "0.1",
        Processors = 4,
        MemoryBytes = 8L << 30,
        StorageBytes = 1L << 40,
        StorageFreeBytes = 1L << 39,
        StorageFileSystem = "xfs",
        Addresses = ["192.0.2.1", "2001:db8::1"],
        Devices = ["eth0", "eth1"],
    };

    [Fact]
    public async Task Info_AskedOftenAtOnce_AsksTheHostOnce()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-info", FakeHost.Item(ItemKinds.Capability, new HostCapability("crun", "crun", CapabilityState.Available, "1.8.1")), FakeHost.Result(Report));
        var hosts = core.Get<HostService>();

        var reports = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => hosts.InfoAsync()));

        Assert.All(reports, r => Assert.Equal("6.18", r.Kernel));
        Assert.Single(core.Host.Requests);
        await hosts.InfoAsync(refresh: true, TestContext.Current.CancellationToken);
        Assert.Equal(2, core.Host.Requests.Count);
    }

    [Fact]
    public async Task Info_HostDoesNotAnswer_ThrowsItsProblemAndAsksAgainNextTime()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-info", new ProblemEvent(ProblemCode.Unreachable, "gone"));
        var hosts = core.Get<HostService>();

        Assert.Equal(ProblemCode.Unreachable, (await Assert.ThrowsAsync<HostProblemException>(() => hosts.InfoAsync())).Code);

        core.Host.On("vserver-info", FakeHost.Result(Report));
        Assert.Equal("host1", (await hosts.InfoAsync(cancellationToken: TestContext.Current.CancellationToken)).Hostname);
    }

    [Fact]
    public async Task Info_AnswerOfAnotherForm_IsAProblem()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vserver-info", FakeHost.Result(new CommandOutcome(3)));

        Assert.Equal(ProblemCode.Internal, (await Assert.ThrowsAsync<HostProblemException>(() => core.Get<HostService>().InfoAsync())).Code);
    }
}
