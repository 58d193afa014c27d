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

    private readonly Lock _gate = new();
    private readonly Queue<ManualResetEventSlim> _waiting = new();
    private long _kept;
    private int _reserved;

    public DescriptorBudget(int threads)
        : this(OpenFiles.Limit, threads)
    {
    }

    /// <summary>How many threads there are enough for.</summary>
    public int Threads { get; } = (int)Math.Clamp((limit - OfProcess) / (OfThread + LeastOfBucket), 1, threads);

    /// <summary>Descriptors of one bucket that a thread may have open at once.</summary>
    public int OfBucket => (int)Math.Clamp(Left / 2, LeastOfBucket, MostOfBucket);

    /// <summary>Descriptors of buckets that may be open at once, of all threads together. Few buckets are large: who has one waits until there are enough.</summary>
    public int OfBuckets => (int)Math.Clamp(Left / 4, OfBucket, MostOfBucket * (long)Threads);

    /// <summary>Descriptors that may stay open after their bucket, of all threads together.</summary>
    public long Kept => Math.Clamp(Left - OfBuckets, 0, MostKept);

    private long Left => limit - OfProcess - ((long)OfThread * Threads);

    /// <summary>Waits until so many descriptors of a bucket may be opened, at most <see cref="OfBucket"/>; until it is disposed of. Who has some asks for no more. In the order of asking, so that nobody waits for ever.</summary>
    public Reservation Reserve(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, OfBucket);
        ManualResetEventSlim? turn = null;
        while (true)
        {
            lock (_gate)
            {
                if ((turn is null ? _waiting.Count == 0 : _waiting.Peek() == turn) && TryAdd(count))
                {
                    if (turn is not null)
                    {
                        _ = _waiting.Dequeue();
                        turn.Dispose();
                        WakeNext();
                    }

                    return new Reservation(this, count);
                }

                if (turn is null)
                {
                    turn = new ManualResetEventSlim();
                    _waiting.Enqueue(turn);
                }

                turn.Reset();
            }

            turn.Wait();
        }
    }

    /// <summary>As <see cref="Reserve"/> for one who has some already, and therefore must not wait: false where there are not enough, or others wait.</summary>
    public bool TryReserve(int count, out Reservation reserved)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, OfBucket);
        lock (_gate)
        {
            var isFree = _waiting.Count == 0 && TryAdd(count);
            reserved = isFree ? new Reservation(this, count) : default;
            return isFree;
        }
    }

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

    private bool TryAdd(int count)
    {
        var isFree = _reserved + count <= OfBuckets;
        _reserved += isFree ? count : 0;
        return isFree;
    }

    private void Return(int count)
    {
        lock (_gate)
        {
            _reserved -= count;
            WakeNext();
        }
    }

    private void WakeNext()
    {
        if (_waiting.TryPeek(out var next))
        {
            next.Set();
        }
    }

    /// <summary>Descriptors of a bucket that may be open until it is disposed of, once.</summary>
    internal readonly struct Reservation(DescriptorBudget budget, int count) : IDisposable
    {
        public void Dispose() => budget.Return(count);
    }
}
