using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>A host that is switched off in this panel: nothing is asked of it, and whoever asks is told so.</summary>
internal sealed class OffHost(string name) : IHostCommand
{
    public string HostName => name;

    /// <summary>What is told.</summary>
    public string Message { get; } = $"{name} is switched off in this panel: no connection to it is kept, and nothing is asked of it. What runs there goes on. An administrator switches it on again, on the page Hosts.";

    public IAsyncEnumerable<WireEvent> RunAsync(HostRequest request, CancellationToken cancellationToken = default) =>
        new[] { new ProblemEvent(ProblemCode.Unreachable, Message) }.ToAsyncEnumerable();
}
