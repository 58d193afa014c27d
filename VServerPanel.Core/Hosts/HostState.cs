using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>How a host is, at a glance.</summary>
/// <param name="Name">Which.</param>
/// <param name="IsOwn">Whether it is the panel's own.</param>
/// <param name="Connection">How it is reached; where it is not, the counts are what was last known.</param>
/// <param name="Running">VServers that run.</param>
/// <param name="Stopped">VServers that are stopped.</param>
/// <param name="VServers">All of them.</param>
public sealed record HostState(string Name, bool IsOwn, ConnectionStatus Connection, int Running, int Stopped, int VServers)
{
    /// <summary>What lists show: its name, unless it was given another one to show.</summary>
    public string Label { get; init; } = Name;

    /// <summary>Whether it is switched off in this panel, so that nothing is asked of it.</summary>
    public bool IsOff { get; init; }

    /// <summary>Whether it does not answer, though it is asked.</summary>
    public bool IsAway => !IsOff && Connection.State is DirectoryConnection.Unreachable;

    public static HostState Of(HostServices host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var snapshot = host.Directory.Snapshot;
        return new HostState(host.Name, host.IsOwn, snapshot.Connection, Count(VServerState.Running), Count(VServerState.Stopped), snapshot.Entries.Count) { Label = host.Label, IsOff = host.IsOff };

        int Count(VServerState state) => snapshot.Entries.Count(e => e.Status.State == state);
    }
}
