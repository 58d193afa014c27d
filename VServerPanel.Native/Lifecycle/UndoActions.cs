using System.Text.Json.Serialization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

// The three parts of the end of a life. A failed start is undone by them in reverse, a stop ends with them, a crash is recovered by them.

/// <summary>Ends every process of a vserver, its monitor, its container and its cgroups.</summary>
internal sealed record EndProcesses(VServerName Name) : UndoAction
{
    public override void Run(HostPaths paths) => new Dismantling(paths, Name).EndProcesses();
}

/// <summary>Runs a moment of the hook script; its failure changes nothing.</summary>
internal sealed record RunHook(VServerName Name, string Moment) : UndoAction
{
    /// <summary>Who hears what it says; nobody where a crash is recovered.</summary>
    [JsonIgnore]
    public IReporter? Report { get; init; }

    public override void Run(HostPaths paths) => HookScript.TryRun(paths, Name, Moment, Report);
}

/// <summary>Takes the addresses off, gives back what it had claimed, and removes its files in /var/run/vservers.</summary>
internal sealed record ClearRun(VServerName Name) : UndoAction
{
    public override void Run(HostPaths paths) => new Dismantling(paths, Name).Clear();
}
