using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Where a new tree comes from: one class per method.</summary>
internal abstract class TreeSource : IDisposable
{
    /// <summary>What it will do.</summary>
    public abstract PlanStep Step { get; }

    /// <summary>Estimate of the room the tree takes; null where it cannot be known.</summary>
    public long? BytesNeeded { get; protected set; }

    /// <summary>A vserver that must stay as it is meanwhile.</summary>
    public virtual VServerName? Locked => null;

    /// <summary>Whether the tree is a copy of a machine that has an identity of its own.</summary>
    public virtual bool IsCopy => false;

    /// <summary>The vserver whose files the new one shares only when both have been unified.</summary>
    public virtual VServerName? UnifiedAfterwards => null;

    /// <summary>Looks whether it can be done, before anything is.</summary>
    public abstract void Inspect(BuildFindings findings, CancellationToken cancel);

    /// <summary>Makes the directory that is filled; on btrfs a subvolume, which is copied and removed at once.</summary>
    public virtual void MakeRoot(string tree) => FileTrees.Subvolume.MakeDirectory(tree, 0b111_101_101);

    /// <summary>Makes the tree in the empty directory <see cref="BuildWork.Tree"/>.</summary>
    /// <returns>Where the root is below it; "" for itself.</returns>
    public abstract string Fill(BuildWork work);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>The source that a request names.</summary>
    public static TreeSource Of(BuildRequest request, Invocation call) => request.Method switch
    {
        BuildMethod.Debootstrap => new Debootstrap.DebootstrapSource(request),
        BuildMethod.Tar => new Tar.TarSource(request, call),
        BuildMethod.Oci => new Oci.OciSource(request, call),
        BuildMethod.Clone => new Clone.CloneSource(request, call),
        _ => new SkeletonSource(request),
    };
}

/// <summary>A build that is under way.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Tree">The directory to fill.</param>
/// <param name="StepNumber">The filling's number among the steps.</param>
/// <param name="Steps">How many there are.</param>
/// <param name="Title">The filling's title.</param>
internal sealed record BuildWork(Operation Operation, string Tree, int StepNumber, int Steps, string Title)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private long _lastTold;

    public IReporter Report => Operation.Report;

    public CancellationToken Cancel => Operation.Cancel;

    /// <summary>Tells how far the filling is; stops here if a cancel was asked for.</summary>
    public void Progress(long done, long? total, string unit)
    {
        Cancel.ThrowIfCancellationRequested();
        Tell(done, total, unit);
    }

    /// <summary>Tells how far the filling is, a few times a second at most.</summary>
    public void Tell(long done, long? total, string unit)
    {
        var now = Environment.TickCount64;
        if (now - _lastTold >= s_interval.TotalMilliseconds || done == total)
        {
            _lastTold = now;
            Report.Progress(StepNumber, Steps, Title, total is { } t ? Math.Min(done, t) : done, total, unit);
        }
    }
}
