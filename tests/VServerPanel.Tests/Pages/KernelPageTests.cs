using Bunit;
using VServerPanel.Components.Pages;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Identity;
using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Pages;

public sealed class KernelPageTests : PagesContext
{
    [Fact]
    public async Task Kernel_HostThatLacksALayer_ShowsWhereAndWhy()
    {
        await StartAsync(Roles.Auditor);
        Host.Command.On("vserver-info", new HelloEvent(1, []), FakeHost.Result(HostOfVServers.Report with
        {
            Capabilities =
            [
                new("bpf-network", "Ties to addresses", CapabilityState.Available, "loaded"),
                new("bpf-isolation", "Contexts kept apart", CapabilityState.Degraded, "the kernel refuses", "A killall reaches in."),
            ],
        }));

        var page = Render<KernelPage>();

        page.WaitForAssertion(() => Assert.Equal("There", page.Find("#set-ipv4root .vp-tag").TextContent));
        Assert.Equal("In part", page.Find("#context-signals .vp-tag").TextContent);
        Assert.Contains("A killall reaches in.", page.Find("#context-signals").TextContent, StringComparison.Ordinal);
        Assert.Equal("Not known", page.Find("#chroot .vp-tag").TextContent);
    }

    [Fact]
    public void Catalogue_EveryRelease_NamesFeaturesThatAreThere()
    {
        var ids = KernelCatalogue.Shipped.Features.Select(f => f.Id).ToHashSet();
        Assert.Equal(ids.Count, KernelCatalogue.Shipped.Features.Count);
        Assert.All(KernelCatalogue.Shipped.Releases, r => Assert.Subset(ids, r.Brought.ToHashSet()));
        Assert.Equal(ids, KernelCatalogue.Shipped.Releases.SelectMany(r => r.Brought).ToHashSet());
    }

    [Theory]
    [InlineData(false, CapabilityState.Available, CapabilityState.Missing, CapabilityState.Missing)]
    [InlineData(true, CapabilityState.Available, CapabilityState.Missing, CapabilityState.Available)]
    [InlineData(true, CapabilityState.Degraded, CapabilityState.Missing, CapabilityState.Degraded)]
    [InlineData(false, CapabilityState.Available, null, null)]
    [InlineData(true, CapabilityState.Available, null, CapabilityState.Available)]
    public void StateOf_TwoParts_IsTheWorstOrTheBest(bool any, CapabilityState? first, CapabilityState? second, CapabilityState? expected)
    {
        var capabilities = new[] { ("a", first), ("b", second) }.Where(c => c.Item2 is not null).Select(c => new HostCapability(c.Item1, c.Item1, c.Item2!.Value, ""));
        var report = HostOfVServers.Report with { Capabilities = [.. capabilities] };
        Assert.Equal(expected, KernelCatalogue.StateOf(new KernelFeature("x", "x", "", "", ["a", "b"], any), report));
    }
}
