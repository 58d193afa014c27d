using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>The way to a host that can be cut for good: a page that is still open asks nothing of a host that was removed or switched off.</summary>
internal sealed class HostLine(IHostCommand host) : IHostCommand
{
    private volatile string? _why;

    public string HostName => host.HostName;

    public IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, CancellationToken cancellationToken = default) => _why is { } why
        ? new[] { new ProblemEvent(ProblemCode.NotFound, why) }.ToAsyncEnumerable()
        : host.RunAsync(request, cancellationToken);

    /// <summary>What runs goes on.</summary>
    public void Cut(string why) => _why = why;
}
