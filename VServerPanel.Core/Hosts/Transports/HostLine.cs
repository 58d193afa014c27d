using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>The way to a host that can be cut for good: a page that is still open asks nothing of a host that was removed.</summary>
internal sealed class HostLine(IHostCommand host) : IHostCommand
{
    private volatile bool _isCut;

    public string HostName => host.HostName;

    public IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, CancellationToken cancellationToken = default) => _isCut
        ? new[] { new ProblemEvent(ProblemCode.NotFound, $"The host {HostName} was removed from this panel.") }.ToAsyncEnumerable()
        : host.RunAsync(request, cancellationToken);

    /// <summary>What runs goes on.</summary>
    public void Cut() => _isCut = true;
}
