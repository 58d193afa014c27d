using VServerPanel.Protocol;
using VServerPanel.Tests.Fakes;
using static VServerPanel.Tests.Fakes.HostOfVServers;

namespace VServerPanel.Tests.Endpoints;

/// <summary>A panel that the tests of a class share, where none leaves anything behind.</summary>
public sealed class PanelFixture : PanelTest;

/// <summary>A test with a whole panel of its own.</summary>
public abstract class PanelTest : IAsyncLifetime
{
    internal HostOfVServers Host { get; } = new(
        VServer("web1", VServerState.Running, "192.0.2.10", "Shop"),
        VServer("mail1", VServerState.Stopped, "192.0.2.11"));

    internal PanelFactory Panel { get; private set; } = null!;

    public ValueTask InitializeAsync()
    {
        Panel = new PanelFactory(Host);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Panel.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
