using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>One change that is under way: its id, who asked, where it reports, what would undo it.</summary>
internal sealed class Operation(string id, Invocation call, IReporter report, UndoLog undo)
{
    public string Id { get; } = id;

    public Invocation Call { get; } = call;

    public HostPaths Paths => Call.Paths;

    public IReporter Report { get; } = report;

    public UndoLog Undo { get; } = undo;

    /// <summary>Throws where a cancel was asked for; call it where stopping is safe (anywhere: what was done is undone).</summary>
    public CancellationToken Cancel => Call.Cancel;

    /// <summary>Configuration before and after, for the journal.</summary>
    public string? Before { get; set; }

    public string? After { get; set; }

    /// <summary>The vserver's stable id, once it is known.</summary>
    public Guid? VServerId { get; set; }

    /// <summary>Begins a step: tells it, and stops here if a cancel was asked for.</summary>
    public void Step(int step, int steps, string title)
    {
        Cancel.ThrowIfCancellationRequested();
        FaultPoint.Reach();
        Report.Progress(step, steps, title);
    }
}

/// <summary>What becomes of an operation while the disk is full.</summary>
internal enum FullDiskRule
{
    /// <summary>It is refused: what cannot be written down is not done.</summary>
    Refuse,

    /// <summary>It is written down in memory (<see cref="SpareRoom"/>), as long as there is little of that: a guest that fills the disk must not fill the memory as well.</summary>
    WriteAside,

    /// <summary>The same without that limit: it makes room, or ends who fills it.</summary>
    AlwaysDo,
}

/// <summary>What kind of change an operation is.</summary>
/// <param name="Name">start, stop, build …: the journal's word.</param>
/// <param name="VServer">The vserver it changes; it is locked meanwhile.</param>
internal sealed record OperationKind(string Name, VServerName? VServer)
{
    /// <summary>Its stable id, where the registry does not have it under that name.</summary>
    public Guid? VServerId { get; init; }

    /// <summary>Whether it has a job's files, and can be detached, followed and cancelled.</summary>
    public bool IsJob { get; init; } = true;

    /// <summary>Whether what it makes outlives a reboot: its undo log is on disk before each step then.</summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>What becomes of it while the disk is full.</summary>
    public FullDiskRule OnFullDisk { get; init; }

    /// <summary>Whether nobody else may change the vserver meanwhile; a command run inside it keeps nobody from that.</summary>
    public bool IsLocked { get; init; } = true;

    /// <summary>Other vservers it reads and must not change meanwhile.</summary>
    public IReadOnlyList<VServerName> AlsoLocked { get; init; } = [];

    /// <summary>Whether those are changed, too: where it is cut off, it is recovered before anything else is done with any of them.</summary>
    public bool IsChangingAll { get; init; }

    /// <summary>The name that the vserver gets by it; locked meanwhile as its old one.</summary>
    public VServerName? NewName { get; init; }

    /// <summary>Asked under the locks before anything is written down: where it says no there was nothing to do, and no operation.</summary>
    public Func<bool>? IsStillWanted { get; init; }

    /// <summary>What follows when it has succeeded and its locks are free; what that says belongs to its output, and its failure does not undo it.</summary>
    public Action<Operation>? Afterwards { get; init; }

    /// <summary>How long it waits for another operation on the same vserver.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}
