using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Processes;

/// <summary>All processes at one moment, in no order.</summary>
/// <param name="Connection">Whether it is what is, or what was last known.</param>
/// <param name="Message">Why the host does not answer; null where it does.</param>
/// <param name="Processes">Those that the reader asked for.</param>
public sealed record ProcessSnapshot(DirectoryConnection Connection, string? Message, IReadOnlyList<ProcessInfo> Processes);
