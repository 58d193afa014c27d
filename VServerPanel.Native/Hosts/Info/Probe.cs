using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>One question about this host, answered by trying.</summary>
/// <param name="Key">The capability's key on the wire.</param>
/// <param name="Title">For people.</param>
/// <param name="Cost">What its lack costs.</param>
/// <param name="Remedy">What to do about it; null where nothing can be done.</param>
/// <param name="Try">Tries it: the answer where it is there; a <see cref="ProbeFailedException"/>, <see cref="ErrnoException"/> or <see cref="ProblemException"/> where it is not.</param>
internal sealed record Probe(string Key, string Title, string Cost, string? Remedy, Func<string> Try)
{
    /// <summary>The state of a host that lacks it: what nothing works without is missing, the rest degraded.</summary>
    public CapabilityState Lack { get; init; } = CapabilityState.Missing;

    public HostCapability Run()
    {
        try
        {
            return new HostCapability(Key, Title, CapabilityState.Available, Try());
        }
        catch (ProbeFailedException e)
        {
            return new HostCapability(Key, Title, e.State ?? Lack, e.Message, e.Cost ?? Cost, e.Remedy ?? Remedy);
        }
        catch (Exception e) when (e is IOException or ProblemException or UnauthorizedAccessException)
        {
            return new HostCapability(Key, Title, Lack, e.Message, Cost, Remedy);
        }
    }
}

/// <summary>A probe found that something lacks.</summary>
internal sealed class ProbeFailedException(string found, string? cost = null, string? remedy = null, CapabilityState? state = null) : Exception(found)
{
    public string? Cost { get; } = cost;

    public string? Remedy { get; } = remedy;

    public CapabilityState? State { get; } = state;
}
