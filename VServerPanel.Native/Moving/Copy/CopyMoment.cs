using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>A moment before a copy was begun. What has a later time in a tree may have been written behind the copy of it.</summary>
/// <param name="At">By the clock that files get their times from.</param>
/// <param name="BootId">Of this host then.</param>
/// <param name="AheadMilliseconds">How far that clock was ahead of the one that nobody sets (CLOCK_MONOTONIC).</param>
internal sealed record CopyMoment(DateTimeOffset At, string BootId, long AheadMilliseconds)
{
    private const long ToleranceMilliseconds = 1000;

    // write(2) gives its file the time first, and then the bytes (file_update_time(), mm/filemap.c): one that is under way counts as later
    private static readonly TimeSpan s_longestWrite = TimeSpan.FromSeconds(10);

    /// <summary>False where the clock was set back since: what was written then may have a time of before.</summary>
    public bool IsCertain => BootId == ProcessIdentity.BootId ? Ahead(DateTimeOffset.UtcNow) >= AheadMilliseconds - ToleranceMilliseconds : DateTimeOffset.UtcNow >= At;

    /// <summary>The moment itself: what is later has certainly not been copied. Between <see cref="At"/> and this, only a write that was under way has not.</summary>
    public CopyMoment WithoutMargin() => this with { At = At + s_longestWrite };

    public static CopyMoment Now()
    {
        var now = DateTimeOffset.UtcNow;
        return new CopyMoment(now - s_longestWrite, ProcessIdentity.BootId, Ahead(now));
    }

    private static long Ahead(DateTimeOffset now) => now.ToUnixTimeMilliseconds() - Environment.TickCount64;
}
