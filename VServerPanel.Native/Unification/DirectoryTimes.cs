using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification;

/// <summary>Times of directories in which names are exchanged: the first who comes notes it, the last who goes puts it back, so that whoever lists the directory sees no other than before.</summary>
internal sealed unsafe class DirectoryTimes
{
    private readonly Dictionary<int, Entry>[] _parts = [.. Enumerable.Range(0, 64).Select(_ => new Dictionary<int, Entry>())];

    /// <summary>Comes to a directory.</summary>
    /// <param name="directory">Its index.</param>
    /// <param name="fd">It.</param>
    public void Enter(int directory, int fd)
    {
        var entries = PartOf(directory);
        lock (entries)
        {
            if (entries.TryGetValue(directory, out var entry))
            {
                entry.Users++;
            }
            else
            {
                entries[directory] = new Entry { Users = 1, Time = Libc.TryStatx(fd, out var stat) ? (stat.Modify.Seconds, stat.Modify.Nanoseconds) : null };
            }
        }
    }

    /// <summary>Goes, after the last change.</summary>
    public void Leave(int directory, int fd)
    {
        var entries = PartOf(directory);
        lock (entries)
        {
            var entry = entries[directory];
            if (--entry.Users > 0)
            {
                return;
            }

            entries.Remove(directory);
            if (entry.Time is { } time && fd >= 0)
            {
                var times = stackalloc Libc.Timespec[2];
                times[0] = new Libc.Timespec { Nanoseconds = Libc.UTIME_OMIT };
                times[1] = new Libc.Timespec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
                _ = Libc.futimens(fd, times);
            }
        }
    }

    // threads that are in different directories do not wait for each other
    private Dictionary<int, Entry> PartOf(int directory) => _parts[(uint)directory % (uint)_parts.Length];

    private sealed class Entry
    {
        public int Users { get; set; }

        public required (long Seconds, uint Nanoseconds)? Time { get; init; }
    }
}
