using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Unification.Scanning;

/// <summary>What a scan of some trees found: files that may be shared as rows, all others as counts by reason.</summary>
internal sealed class TreeScan : IDisposable
{
    public TreeScan(IReadOnlyList<string> trees)
    {
        Trees = trees;
        Roots = [.. trees.Select(t => Libc.open(t, Libc.O_RDONLY | Libc.O_DIRECTORY))];
        Counts = [.. trees.Select(_ => new TreeCount())];
        RootStats = [.. Roots.Select(r => Libc.fstatx(r))];
    }

    /// <summary>Paths of the trees.</summary>
    public IReadOnlyList<string> Trees { get; }

    public IReadOnlyList<SafeFileHandle> Roots { get; }

    public IReadOnlyList<Libc.Statx> RootStats { get; }

    public IReadOnlyList<TreeCount> Counts { get; }

    public ChunkedTable<FileRow> Files { get; } = new();

    public ChunkedTable<DirectoryRow> Directories { get; } = new();

    public ByteArena Names { get; } = new();

    /// <summary>Devices of the files, by the numbers in their rows (major shifted by 32, minor).</summary>
    public List<ulong> Devices { get; } = [];

    /// <summary>The clock before anything was looked at.</summary>
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>Marks files as shared, or says why they are not.</summary>
    public void Conclude(ReadOnlySpan<int> rows, SkipReason reason)
    {
        foreach (var index in rows)
        {
            ref var row = ref Files[index];
            row.Reason = reason;
            if (reason == SkipReason.None)
            {
                row.Marks |= FileMarks.Shared;
            }
        }
    }

    public int TreeOf(in FileRow file) => Directories[file.Directory].Tree;

    public unsafe ReadOnlySpan<byte> NameOf(in FileRow file) => new(Names[file.Name], file.NameLength);

    public ulong PathHashOf(in FileRow file) => PathHash.Below(Directories[file.Directory].PathHash, NameOf(file));

    /// <summary>The path of a directory inside its tree, ended by a zero; "." for the root.</summary>
    /// <returns>Its length without the zero, or -1 where it does not fit.</returns>
    public unsafe int PathOf(int directory, Span<byte> into)
    {
        var at = into.Length - 1;
        into[at] = 0;
        for (ref var row = ref Directories[directory]; row.Parent >= 0; row = ref Directories[row.Parent])
        {
            if (at < row.NameLength + 1)
            {
                return -1;
            }

            if (at < into.Length - 1)
            {
                into[--at] = (byte)'/';
            }

            at -= row.NameLength;
            new ReadOnlySpan<byte>(Names[row.Name], row.NameLength).CopyTo(into[at..]);
        }

        if (at == into.Length - 1)
        {
            into[--at] = (byte)'.';
        }

        into[at..].CopyTo(into);
        return into.Length - 1 - at;
    }

    /// <summary>The path of a file inside its tree, for people and for comparing.</summary>
    public string PathOf(in FileRow file)
    {
        Span<byte> path = new byte[4096];
        var length = PathOf(file.Directory, path);
        var directory = length < 0 ? "…" : PathMarshaller.Decode(path[..length]);
        return (directory == "." ? "" : directory + "/") + PathMarshaller.Decode(NameOf(file));
    }

    /// <summary>Whether two files have the same path, each in its tree.</summary>
    public bool HaveSamePath(in FileRow a, in FileRow b)
    {
        if (!NameOf(a).SequenceEqual(NameOf(b)))
        {
            return false;
        }

        var (x, y) = (a.Directory, b.Directory);
        while (true)
        {
            ref var left = ref Directories[x];
            ref var right = ref Directories[y];
            if (left.Parent < 0 || right.Parent < 0)
            {
                return left.Parent == right.Parent;
            }

            if (left.PathHash != right.PathHash || !NameOf(left).SequenceEqual(NameOf(right)))
            {
                return false;
            }

            (x, y) = (left.Parent, right.Parent);
        }
    }

    /// <summary>The device that a file lies on, as in <see cref="Devices"/>.</summary>
    public static ulong DeviceOf(in Libc.Statx stat) => ((ulong)stat.DevMajor << 32) | stat.DevMinor;

    /// <summary>The number of a device.</summary>
    public byte DeviceNumber(in Libc.Statx stat)
    {
        var device = DeviceOf(stat);
        lock (Devices)
        {
            var number = Devices.IndexOf(device);
            if (number < 0)
            {
                number = Devices.Count;
                Devices.Add(device);
            }

            // more than 256 subvolumes in the trees of one run: they all get the last number, and are told apart by the kernel's EXDEV
            return (byte)Math.Min(number, byte.MaxValue);
        }
    }

    public void Dispose()
    {
        Names.Dispose();
        foreach (var root in Roots)
        {
            root.Dispose();
        }
    }

    private unsafe ReadOnlySpan<byte> NameOf(in DirectoryRow directory) => new(Names[directory.Name], directory.NameLength);
}

/// <summary>Files of one tree that were seen.</summary>
internal sealed class TreeCount
{
    private static readonly int s_reasons = Enum.GetValues<SkipReason>().Length;

    public long Files { get; set; }

    public long Bytes { get; set; }

    public long[] SkippedFiles { get; } = new long[s_reasons];

    public long[] SkippedBytes { get; } = new long[s_reasons];

    /// <summary>Directories that could not be entered: too deep, or gone meanwhile.</summary>
    public long NotEntered { get; set; }

    public void Skip(SkipReason reason, long bytes)
    {
        SkippedFiles[(int)reason]++;
        SkippedBytes[(int)reason] += bytes;
    }

    public void Add(TreeCount other)
    {
        Files += other.Files;
        Bytes += other.Bytes;
        NotEntered += other.NotEntered;
        for (var i = 0; i < s_reasons; i++)
        {
            SkippedFiles[i] += other.SkippedFiles[i];
            SkippedBytes[i] += other.SkippedBytes[i];
        }
    }
}
