using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.DiskShares;

public sealed class DiskServiceTests
{
    private static readonly DiskSummary s_disk = new("xfs", "/vservers", SharingMethod.Reflink, "xfs with reflink", 100, 40, 30);

    [Fact]
    public async Task Measure_ManyAsk_HostIsAskedOnce()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vdu", new HelloEvent(1, []), Share("web2", 60), Share("web1", 50), FakeHost.Result(s_disk));
        var disks = core.Get<DiskService>();

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => disks.MeasureAsync(cancellationToken: TestContext.Current.CancellationToken)));
        await disks.MeasureAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Single(core.Host.Requests);
        Assert.Equal(["web1", "web2"], all[0].Shares.Select(s => s.VServer!.Value.Value));
        Assert.Equal((110, 80), (all[0].ApparentBytes, all[0].TakenBytes));

        await disks.MeasureAsync(refresh: true, TestContext.Current.CancellationToken);
        disks.Forget();
        Assert.Null(disks.Latest);
        await disks.MeasureAsync(cancellationToken: TestContext.Current.CancellationToken);
        core.Time.Advance(DiskService.Freshness + TimeSpan.FromSeconds(1));
        Assert.Equal(3, core.Host.Requests.Count);
    }

    [Fact]
    public async Task Measure_Fails_IsTriedAgainNextTime()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vdu", new ProblemEvent(ProblemCode.Unreachable, "away"));
        await Assert.ThrowsAsync<HostProblemException>(() => core.Get<DiskService>().MeasureAsync());
        core.Host.On("vdu", new HelloEvent(1, []), FakeHost.Result(s_disk));
        Assert.Empty((await core.Get<DiskService>().MeasureAsync(cancellationToken: TestContext.Current.CancellationToken)).Shares);
    }

    [Theory]
    [InlineData("")]
    [InlineData("usr/bin/perl")]
    [InlineData("--content")]
    [InlineData("/a\nb")]
    public async Task Why_WhatIsNoPath_NeverReachesTheHost(string path)
    {
        await using var core = await TestCore.CreateAsync();
        var refused = await Assert.ThrowsAsync<HostProblemException>(() => core.Get<DiskService>().WhyAsync(VServerName.Parse("web1"), path));
        Assert.Equal(ProblemCode.InvalidArgument, refused.Code);
        Assert.Empty(core.Host.Requests);
    }

    [Fact]
    public async Task Why_Path_IsAnswered()
    {
        await using var core = await TestCore.CreateAsync();
        core.Host.On("vfiles web1 --why /bin/su", FakeHost.Item(ItemKinds.SharingAnswer, new SharingAnswer(VServerName.Parse("web1"), "/bin/su", false, "set-id", "It runs with the rights of its owner.")), new ResultEvent());
        Assert.Equal("set-id", (await core.Get<DiskService>().WhyAsync(VServerName.Parse("web1"), " /bin/su ", TestContext.Current.CancellationToken)).Reason);
    }

    private static ItemEvent Share(string name, long apparent) => FakeHost.Item(ItemKinds.DiskShare, new DiskShare(VServerName.Parse(name), "/vservers/" + name, 10, apparent, 5, 20, 3, 30));
}
