using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>How fast a step of a job goes, from its first progress line on.</summary>
/// <param name="Step">Number of the step; 0 where none has begun.</param>
/// <param name="BeganAt">When its first line that tells an amount was said.</param>
/// <param name="DoneThen">How much was done then.</param>
/// <param name="Last">Its last line.</param>
/// <param name="LastAt">When that was said.</param>
internal sealed record JobPace(int Step = 0, DateTimeOffset BeganAt = default, long DoneThen = 0, ProgressEvent? Last = null, DateTimeOffset LastAt = default)
{
    // less than this says nothing of the rest
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(2);

    /// <summary>Takes a line; <paramref name="now"/> stands in where it does not say when it was said.</summary>
    internal JobPace With(ProgressEvent progress, DateTimeOffset now)
    {
        var at = progress.Time ?? now;
        return progress.Step != Step || Last is null || Last.Unit != progress.Unit || progress.Done < DoneThen
            ? new JobPace(progress.Step, at, progress.Done ?? 0, progress, at)
            : this with { Last = progress, LastAt = at };
    }

    /// <summary>What the step will take from now on at the pace it had; null where that cannot be known.</summary>
    internal TimeSpan? Left(DateTimeOffset now)
    {
        if (Last is not { Done: { } done, Total: { } total } || done <= DoneThen || done >= total || LastAt - BeganAt < s_least)
        {
            return null;
        }

        var whole = (LastAt - BeganAt) * ((double)(total - done) / (done - DoneThen));
        var left = whole - (now - LastAt);
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }
}
