using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Unification;

/// <summary>Sharing by blocks as a line of work: while some files are compared by the kernel, the disk reads the next ones.</summary>
internal sealed class ReflinkPipeline(SharingWork work, Buckets buckets)
{
    // neighbours to a thread: they lie in the same directories
    private const int Portion = 16;
    private const long PortionBytes = 16 << 20;

    // no more than can run: they would wait for each other in the file system. What keeps the disk busy is what they open ahead
    private readonly int _threads = Math.Min(work.Descriptors.Threads, Environment.ProcessorCount);

    private readonly Lock _gate = new();
    private int _next;

    /// <param name="watch">Called a few times a second; what it throws ends the work.</param>
    public void Run(Action watch)
    {
        ParallelWork.Run(_threads, (_, stop) =>
        {
            using var ahead = new ReflinkAhead(work, Take());
            using var sharer = new ReflinkSharer(work);
            while (ahead.Take(stop) is { } part)
            {
                using (part)
                {
                    sharer.Share(part, stop);
                }
            }
        }, watch);
    }

    /// <summary>Rows of each bucket that one thread is to work on.</summary>
    private IEnumerable<ArraySegment<int>> Take()
    {
        while (true)
        {
            int from, to;
            lock (_gate)
            {
                from = _next;
                for (var bytes = 0L; _next < buckets.All.Count && _next - from < Portion && bytes < PortionBytes; _next++)
                {
                    bytes += work.Scan.Files[buckets.Rows[buckets.All[_next].Start]].Size * buckets.All[_next].Count;
                }

                to = _next;
            }

            if (from == to)
            {
                yield break;
            }

            for (var i = from; i < to; i++)
            {
                yield return new(buckets.Rows, buckets.All[i].Start, buckets.All[i].Count);
            }
        }
    }
}
