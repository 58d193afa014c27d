using VServerPanel.Protocol;

namespace VServerPanel.Core.Moving;

/// <summary>A move that is under way, put together from what its job says.</summary>
public sealed class MoveRun
{
    private static readonly string[] s_operations = ["move", "move-resume"];

    /// <summary>Its last word on how far it is; null before the first.</summary>
    public MoveProgress? Last { get; private set; }

    /// <summary>Whether it came so far that it stopped the vserver.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>Whether the vserver is copied again, since it ran the first time.</summary>
    public bool IsSecondPass => Last is { Phase: MovePhase.Copying, Pass: > 1 };

    /// <summary>Part of the first pass that is done, 0 to 100; null where that cannot be told: the later ones copy what has changed, and nobody knows how much that is.</summary>
    public double? Percent => Last is { Phase: MovePhase.Copying, Pass: 1, TotalBytes: > 0 and { } total, Bytes: var done } ? Math.Clamp((double)done / total * 100, 0, 100) : null;

    /// <summary>Until the end of the first pass; null where that cannot be told.</summary>
    public TimeSpan? Left => Last is { Phase: MovePhase.Copying, Pass: 1, EtaSeconds: { } seconds } ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The move that a job is; null where it is another kind of job.</summary>
    public static MoveRun? Of(JobInfo job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return s_operations.Contains(job.Operation, StringComparer.Ordinal) ? new MoveRun() : null;
    }

    /// <summary>Takes a line of the job.</summary>
    public void Take(WireEvent line)
    {
        if (MoveService.ProgressOf(line) is { } progress)
        {
            Last = progress;
            HasStopped |= progress.Phase is MovePhase.Stopping;
        }
    }
}
