using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Opens files ahead of their sharing, one for each thread: while some are compared, the disk reads the next ones.</summary>
/// <param name="work">What the threads have in common.</param>
/// <param name="buckets">Rows of each bucket that this thread is to take.</param>
internal sealed class ReflinkAhead(SharingWork work, IEnumerable<ArraySegment<int>> buckets) : IDisposable
{
    /// <summary>Bytes that one thread has the kernel read ahead.</summary>
    public const long MostBytes = 16 << 20;

    private const int MostParts = 64;

    private readonly DirectoryDescriptors _directories = new(work.Scan);
    private readonly BlockMap _blocks = new();
    private readonly IEnumerator<ArraySegment<int>> _buckets = buckets.GetEnumerator();
    private readonly Queue<ReflinkPart> _open = new();
    private readonly Stack<ReflinkPart> _unused = new();
    private readonly Queue<(ArraySegment<int> Rows, uint Group)> _parts = new();
    private ReflinkPart? _read;
    private ReflinkPart? _taken;
    private long _bytes;

    /// <summary>The next open files, until it is called again; null: there are no more, or it is to stop.</summary>
    public ReflinkPart? Take(Func<bool> stop)
    {
        if (_taken is not null)
        {
            _unused.Push(_taken);
            _taken = null;
        }

        while (!stop() && _open.Count < MostParts && _bytes < MostBytes && (_read ??= Read(stop)) is { } part && TryOpen(part, stop))
        {
            _open.Enqueue(part);
            _bytes += part.BytesAsked;
            _read = null;
        }

        if (stop() || !_open.TryDequeue(out _taken))
        {
            return null;
        }

        _bytes -= _taken.BytesAsked;
        return _taken;
    }

    public void Dispose()
    {
        _read?.Dispose();
        foreach (var part in _open)
        {
            part.Dispose();
        }

        _buckets.Dispose();
        _directories.Dispose();
        _blocks.Dispose();
    }

    private bool TryOpen(ReflinkPart part, Func<bool> stop)
    {
        // who has files open does not wait for more: others could wait for those
        if (!work.Descriptors.TryReserve(part.Units.Count, out var reserved))
        {
            if (_open.Count > 0)
            {
                return false;
            }

            reserved = work.Descriptors.Reserve(part.Units.Count);
        }

        part.Open(work, reserved, _directories, _blocks, stop);
        return true;
    }

    /// <summary>Files that are to be compared; those that are known are done with.</summary>
    private ReflinkPart? Read(Func<bool> stop)
    {
        var part = _unused.TryPop(out var unused) ? unused : new ReflinkPart(work.Scan);
        while (!stop())
        {
            if (_parts.TryDequeue(out var cut))
            {
                part.Read(cut.Rows, cut.Group);
                return part;
            }

            if (!_buckets.MoveNext())
            {
                break;
            }

            var bucket = _buckets.Current;
            part.Read(bucket, work.Known.NewNumber());
            if (work.Recall(bucket))
            {
                ComparedBucket.Conclude(work.Scan, bucket);
                work.Done(bucket.Count, bucket.Count * part.Size);
            }
            else if (part.Units.Count <= work.Descriptors.OfBucket)
            {
                return part;
            }
            else
            {
                Cut(part);
            }
        }

        _unused.Push(part);
        return null;
    }

    /// <summary>A bucket with more inodes than may be open at once is taken in parts.</summary>
    private void Cut(ReflinkPart bucket)
    {
        foreach (var part in bucket.Units.Parts(bucket.Rows, work.Descriptors.OfBucket))
        {
            var last = bucket.Units[part.End.Value - 1];
            _parts.Enqueue((bucket.Rows[bucket.Units[part.Start.Value].Start..(last.Start + last.Count)], bucket.Group));
        }
    }
}
