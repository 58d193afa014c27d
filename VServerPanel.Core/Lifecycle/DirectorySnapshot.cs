namespace VServerPanel.Core.Lifecycle;

/// <summary>How the directory is connected to its host.</summary>
public enum DirectoryConnection
{
    /// <summary>The first answer is awaited; nothing is known yet.</summary>
    Connecting,

    /// <summary>What is shown is what is.</summary>
    Live,

    /// <summary>The host does not answer: what is shown is what was last known.</summary>
    Unreachable,
}

/// <summary>State of the connection to a host.</summary>
/// <param name="State">How it is.</param>
/// <param name="Message">Why it is unreachable and what to do, as a sentence.</param>
/// <param name="Since">Since when.</param>
public sealed record ConnectionStatus(DirectoryConnection State, string? Message, DateTimeOffset Since);

/// <summary>All vservers at one moment, sorted by name.</summary>
public sealed record DirectorySnapshot(string Host, ConnectionStatus Connection, IReadOnlyList<DirectoryEntry> Entries);

/// <summary>What changed since the reader last looked; changes of one vserver in between are told as one.</summary>
/// <param name="IsReset">Whether <paramref name="Changed"/> is everything: forget what was known before. The first change always is.</param>
/// <param name="Connection">How the host is connected now.</param>
/// <param name="Changed">Vservers that are new or have changed.</param>
/// <param name="Gone">Vservers that are no longer there.</param>
public sealed record DirectoryChange(bool IsReset, ConnectionStatus Connection, IReadOnlyList<DirectoryEntry> Changed, IReadOnlyList<Protocol.VServerGone> Gone);
