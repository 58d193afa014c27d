using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>Files that may have the same content, by size and attributes (by package: the same path of the same package, too).</summary>
internal sealed class Buckets
{
    private readonly List<(int Start, int Count)> _all = [];

    private Buckets() => Rows = [];

    /// <param name="scan">The files.</param>
    /// <param name="isByLinks">Hard links have one time, one device and one set of attributes.</param>
    /// <param name="packages">By package; null: by content.</param>
    public Buckets(TreeScan scan, bool isByLinks, PackageFiles? packages)
    {
        var count = scan.Files.Count;
        Rows = new int[count];
        var keys = new ulong[count];
        var used = 0;
        foreach (var index in scan.Files.Indices)
        {
            ref var row = ref scan.Files[index];
            var package = 0;
            if (packages is not null)
            {
                row.Reason = packages.Find(scan.TreeOf(row), scan.PathHashOf(row), out package);
                if (row.Reason != SkipReason.None)
                {
                    continue;
                }
            }

            (keys[used], Rows[used]) = (KeyOf(scan, row, isByLinks, packages is { IsByPackage: true } ? package : 0), index);
            used++;
        }

        Array.Sort(keys, Rows, 0, used);
        Candidates = used;
        for (int from = 0, to; from < used; from = to)
        {
            for (to = from + 1; to < used && keys[to] == keys[from]; to++)
            {
            }

            if (to - from == 1)
            {
                scan.Files[Rows[from]].Reason = SkipReason.Alone;
            }
            else
            {
                Rows.AsSpan(from, to - from).Sort();
                Add(scan, from, to, isByLinks, packages is { IsByPackage: true });
            }
        }

        // in the order in which the scan met their first files: neighbours lie in the same directories
        _all.Sort((a, b) => Rows[a.Start].CompareTo(Rows[b.Start]));
    }

    public static Buckets None { get; } = new();

    /// <summary>Indices of files; those of a bucket stand together.</summary>
    public int[] Rows { get; }

    /// <summary>Files that were looked at.</summary>
    public int Candidates { get; }

    public IReadOnlyList<(int Start, int Count)> All => _all;

    /// <summary>Different attributes that made the same key, which nobody has seen yet, are parted.</summary>
    private void Add(TreeScan scan, int from, int to, bool isByLinks, bool isByPath)
    {
        while (to - from > 1)
        {
            var first = scan.Files[Rows[from]];
            var same = from + 1;
            for (var i = same; i < to; i++)
            {
                if (IsAlike(first, scan.Files[Rows[i]], isByLinks) && (!isByPath || scan.HaveSamePath(first, scan.Files[Rows[i]])))
                {
                    (Rows[same], Rows[i]) = (Rows[i], Rows[same]);
                    same++;
                }
            }

            if (same - from > 1)
            {
                _all.Add((from, same - from));
            }
            else
            {
                scan.Files[Rows[from]].Reason = SkipReason.Alone;
            }

            from = same;
        }

        if (to - from == 1)
        {
            scan.Files[Rows[from]].Reason = SkipReason.Alone;
        }
    }

    private static bool IsAlike(in FileRow a, in FileRow b, bool isByLinks) =>
        a.Size == b.Size && a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid
        && (!isByLinks || (a.ModifySeconds == b.ModifySeconds && a.ModifyNanoseconds == b.ModifyNanoseconds && a.Device == b.Device));

    private static ulong KeyOf(TreeScan scan, in FileRow row, bool isByLinks, int package)
    {
        // keyed: no guest can make many different files that meet in one bucket, where each is compared with each
        var key = PathHash.Mix((ulong)row.Size ^ ((ulong)row.Mode << 48) ^ BlockHash.Key);
        key = PathHash.Mix(key ^ row.Uid ^ ((ulong)row.Gid << 32));
        if (isByLinks)
        {
            key = PathHash.Mix(key ^ (ulong)row.ModifySeconds ^ ((ulong)row.ModifyNanoseconds << 33) ^ row.Device);
        }

        return package == 0 ? key : PathHash.Mix(key ^ (uint)package) ^ scan.PathHashOf(row);
    }
}
