using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Sharing by hard links as a line of work, all of it at the same time: buckets are matched, the inodes made for them are written to the disk, and those that are there take their places.</summary>
internal sealed class LinkPipeline(SharingWork work, Buckets buckets, StagingArea staging, PipelineLimits limits, int threads)
{
    // neighbours: they lie in the same directories
    private const int Portion = 16;
    private const long PortionBytes = 1 << 20;

    // replacing is the file system's work, and it does not wait for the disk
    private static readonly int s_mostReplacing = Math.Max(2, Environment.ProcessorCount);

    private readonly object _gate = new();
    private readonly Queue<PendingClass> _ready = new();
    private List<PendingClass> _fresh = [];
    private long _freshBytes;
    private long _onDiskTwice;
    private long _room = limits.MostFreshBytes;
    private int _next;
    private int _matching;
    private int _replacing;
    private bool _isSyncing;

    private bool IsMatched => _next >= buckets.All.Count && _matching == 0;

    private bool IsDone => IsMatched && !_isSyncing && _fresh.Count == 0 && _ready.Count == 0;

    /// <param name="watch">Called a few times a second; what it throws ends the work.</param>
    public void Run(Action watch)
    {
        _room = RoomFor();
        var times = new DirectoryTimes();
        try
        {
            Run(times, watch);
        }
        finally
        {
            foreach (var left in _ready.Concat(_fresh))
            {
                left.Close();
            }
        }
    }

    private void Run(DirectoryTimes times, Action watch)
    {
        ParallelWork.Run(threads + 1, (thread, stop) =>
        {
            if (thread == threads)
            {
                Sync(stop);
            }
            else
            {
                Work(thread, times, stop);
            }
        }, watch);
    }

    private void Work(int thread, DirectoryTimes times, Func<bool> stop)
    {
        using var directories = new DirectoryDescriptors(work.Scan);
        using var matcher = new LinkMatcher(work, staging, thread, directories);
        using var replacer = new LinkReplacer(work, staging, thread, times, directories);
        var portion = new List<PendingClass>(Portion);
        while (Take(portion, stop) is { } found)
        {
            if (portion.Count > 0)
            {
                Replace(replacer, portion, stop);
            }
            else
            {
                Match(matcher, found, stop);
            }
        }
    }

    /// <summary>Waits for work: a portion to be replaced, or the numbers of some buckets; null when there will be no more.</summary>
    private Range? Take(List<PendingClass> portion, Func<bool> stop)
    {
        portion.Clear();
        lock (_gate)
        {
            while (!stop() && !IsDone)
            {
                if (_ready.Count > 0 && _replacing < s_mostReplacing)
                {
                    while (portion.Count < Portion && _ready.TryDequeue(out var pending))
                    {
                        portion.Add(pending);
                    }

                    _replacing++;
                    return default(Range);
                }

                var from = _next;
                for (long bytes = 0; _next < buckets.All.Count && _next - from < Portion && bytes < PortionBytes && (_onDiskTwice == 0 || _onDiskTwice + BytesOf(_next) <= _room); _next++)
                {
                    bytes += BytesOf(_next);
                    _onDiskTwice += BytesOf(_next);
                }

                if (_next > from)
                {
                    _matching++;
                    return from.._next;
                }

                // a thread that failed wakes nobody
                Monitor.Wait(_gate, 100);
            }

            Monitor.PulseAll(_gate);
            return null;
        }
    }

    private void Match(LinkMatcher matcher, Range found, Func<bool> stop)
    {
        long bytes = 0;
        for (var i = found.Start.Value; i < found.End.Value; i++)
        {
            bytes += BytesOf(i);
            var (start, count) = buckets.All[i];
            if (!stop())
            {
                matcher.Match(buckets.Rows.AsSpan(start, count), stop);
            }
        }

        lock (_gate)
        {
            _onDiskTwice -= bytes;
            foreach (var pending in matcher.Found)
            {
                _onDiskTwice += BytesOf(pending);
                _freshBytes += BytesOf(pending);
                if (pending.IsFresh)
                {
                    _fresh.Add(pending);
                }
                else
                {
                    _ready.Enqueue(pending);
                }
            }

            _matching--;
            if (_matching == 0 || IsWorthASync() || (_ready.Count > 0 && _replacing < s_mostReplacing))
            {
                Monitor.PulseAll(_gate);
            }
        }

        matcher.Found.Clear();
    }

    private void Replace(LinkReplacer replacer, List<PendingClass> portion, Func<bool> stop)
    {
        foreach (var pending in portion)
        {
            if (!stop())
            {
                replacer.Replace(pending);
            }

            pending.Close();
        }

        replacer.Flush();
        work.Descriptors.GiveBack(portion.Sum(p => p.Descriptors.Length));
        lock (_gate)
        {
            _replacing--;
            _onDiskTwice -= portion.Sum(BytesOf);

            // this thread takes the next portion itself; who waits for room is woken for more than a little of it
            if (_ready.Count == 0 || (_next < buckets.All.Count && _onDiskTwice < _room / 8 * 7))
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Makes new inodes durable, before any name is given to them.</summary>
    private void Sync(Func<bool> stop)
    {
        while (true)
        {
            List<PendingClass> batch;
            lock (_gate)
            {
                while (!stop() && !IsDone && !IsWorthASync())
                {
                    Monitor.Wait(_gate, 100);
                }

                if (stop() || _fresh.Count == 0)
                {
                    return;
                }

                (batch, _fresh, _freshBytes, _isSyncing) = (_fresh, [], 0, true);
            }

            staging.Sync();
            limits.OnSync?.Invoke();
            var room = RoomFor();
            batch.Sort(static (a, b) => a.Rows[0].CompareTo(b.Rows[0]));
            lock (_gate)
            {
                batch.ForEach(_ready.Enqueue);
                (_room, _isSyncing) = (room, false);
                Monitor.PulseAll(_gate);
            }
        }
    }

    // or there is nothing else to do
    private bool IsWorthASync() => _fresh.Count > 0
        && (_fresh.Count >= limits.SyncFiles || _freshBytes >= limits.SyncBytes || (_matching == 0 && _ready.Count == 0));

    // its files have one size; which of them stands first changes
    private long BytesOf(int bucket) => work.Scan.Files[buckets.Rows[buckets.All[bucket].Start]].Size;

    private long BytesOf(PendingClass pending) => pending.IsFresh ? work.Scan.Files[pending.Rows[0]].Bytes : 0;

    private long RoomFor() => Math.Min(limits.MostFreshBytes, staging.BytesFree() / 2);
}
