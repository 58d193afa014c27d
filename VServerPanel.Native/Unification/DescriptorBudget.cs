using VServerPanel.Native.Limits;

namespace VServerPanel.Native.Unification;

/// <summary>How the files that this process may have open at once are parted among a run's threads; fewer threads where they are few.</summary>
/// <param name="limit">How many it may have (getrlimit(2), RLIMIT_NOFILE).</param>
/// <param name="threads">How many were asked for.</param>
internal sealed class DescriptorBudget(long limit, int threads)
{
    // the process itself, the trees, staging, the journal
    private const int OfProcess = 256;

    // open directories, and what waits to be retired, with its own
    private const int OfThread = 512;
    private const int LeastOfBucket = 128;
    private const int MostOfBucket = 4096;
    private const int MostKept = 60_000;

    private long _kept;

    public DescriptorBudget(int threads)
        : this(OpenFiles.Limit, threads)
    {
    }

    /// <summary>How many threads there are enough for.</summary>
    public int Threads { get; } = (int)Math.Clamp((limit - OfProcess) / (OfThread + LeastOfBucket), 1, threads);

    /// <summary>Descriptors of one bucket that a thread may have open at once.</summary>
    public int OfBucket => (int)Math.Clamp(Left / Threads / 2, LeastOfBucket, MostOfBucket);

    /// <summary>Descriptors that may stay open after their bucket, of all threads together.</summary>
    public long Kept => Math.Clamp(Left - ((long)OfBucket * Threads), 0, MostKept);

    private long Left => limit - OfProcess - ((long)OfThread * Threads);

    /// <summary>Asks for some that are to stay open; they are given back by <see cref="GiveBack"/>.</summary>
    public bool TryKeep(int count)
    {
        if (Interlocked.Add(ref _kept, count) <= Kept)
        {
            return true;
        }

        GiveBack(count);
        return false;
    }

    public void GiveBack(int count) => Interlocked.Add(ref _kept, -count);
}
