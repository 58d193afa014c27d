using System.Numerics;
using System.Runtime.InteropServices;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;

namespace VServerPanel.Native.Unification;

/// <summary>What earlier runs found: which files had been compared with which, and were equal. It saves reading; it never justifies replacing a file.</summary>
/// <remarks><c>/var/lib/vservers/unification/known-files</c>: sorted by inode. One that is damaged or of another version is as good as none.</remarks>
internal sealed class KnownFiles
{
    /// <summary>The class of files that have no block to share: no other has this number.</summary>
    public const uint InlineClass = uint.MaxValue;

    private const ulong Magic = 0x3230_6e6b_7673_7676;

    // an inode whose time of change is younger could be changed again without its time moving
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private KnownRow[] _rows = [];

    // numbers of rows from 1, found by their files; a power of two, at most half full
    private int[] _places = new int[2];
    private int _next = 1;

    public KnownFiles(HostPaths paths)
    {
        _path = DirectoryOf(paths) + "/known-files";
        try
        {
            Load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _rows = [];
        }
    }

    /// <summary>Where state of unifications lies.</summary>
    public static string DirectoryOf(HostPaths paths) => paths.State + "/unification";

    /// <summary>A number that no class and no group has had.</summary>
    public uint NewNumber() => (uint)Interlocked.Increment(ref _next);

    /// <summary>Fills in what is known of a bucket's files, and answers whether all are, and have been compared with each other.</summary>
    public bool Recall(TreeScan scan, ReadOnlySpan<int> rows)
    {
        var all = true;
        var group = 0u;
        foreach (var index in rows)
        {
            ref var row = ref scan.Files[index];
            all &= Recall(ref row, scan.Devices[row.Device]) && (group == 0 || group == row.Group);
            group = row.Group;
        }

        return all;
    }

    /// <summary>Fills in what is known of a file, if nothing has happened to it since.</summary>
    private bool Recall(ref FileRow row, ulong device)
    {
        for (var place = PlaceOf(row.Inode, device); _places[place] != 0; place = (place + 1) & (_places.Length - 1))
        {
            ref var known = ref _rows[_places[place] - 1];
            if (known.Inode != row.Inode || known.Device != device)
            {
                continue;
            }

            if (known.ChangeSeconds != row.ChangeSeconds || known.ChangeNanoseconds != row.ChangeNanoseconds || known.Size != row.Size)
            {
                return false;
            }

            (row.Group, row.Class) = (known.Group, known.Class);
            row.Marks |= FileMarks.Known;
            return true;
        }

        return false;
    }

    /// <summary>Keeps what this run knows, beside what is known of files that it did not meet.</summary>
    public void Save(TreeScan scan)
    {
        var rows = new List<KnownRow>(scan.Files.Count);
        var newest = scan.StartedAt - s_settled;
        foreach (var index in scan.Files.Indices)
        {
            ref var row = ref scan.Files[index];

            // one that is protected from everybody but the host may be as young as it is
            if (row.Has(FileMarks.Known) && row.Group != 0 && (row.Links > 1 || DateTimeOffset.FromUnixTimeSeconds(row.ChangeSeconds) < newest))
            {
                rows.Add(new KnownRow
                {
                    Inode = row.Inode,
                    Device = scan.Devices[row.Device],
                    Size = row.Size,
                    ChangeSeconds = row.ChangeSeconds,
                    ChangeNanoseconds = row.ChangeNanoseconds,
                    Group = row.Group,
                    Class = row.Class,
                });
            }
        }

        // of the same inode the newer stands first, and stays
        var fresh = rows.Count;
        rows.AddRange(_rows);
        _rows = [];
        for (var i = fresh; i < rows.Count; i++)
        {
            CollectionsMarshal.AsSpan(rows)[i].IsOld = 1;
        }

        rows.Sort(static (a, b) => a.Inode != b.Inode ? a.Inode.CompareTo(b.Inode) : a.Device != b.Device ? a.Device.CompareTo(b.Device) : a.IsOld.CompareTo(b.IsOld));
        var kept = 0;
        var all = CollectionsMarshal.AsSpan(rows);
        for (var i = 0; i < all.Length; i++)
        {
            if (kept == 0 || all[i].Inode != all[kept - 1].Inode || all[i].Device != all[kept - 1].Device)
            {
                all[kept] = all[i];
                all[kept++].IsOld = 0;
            }
        }

        Write(all[..kept]);
    }

    private void Write(ReadOnlySpan<KnownRow> rows)
    {
        var content = MemoryMarshal.AsBytes(rows);
        ReadOnlySpan<ulong> header = [Magic, (ulong)_next, (ulong)rows.Length, SumOf(content)];
        DurableFile.RemoveLeftOver(Path.GetDirectoryName(_path)!, Path.GetFileName(_path) + ".*.new");
        var temporary = $"{_path}.{Environment.ProcessId}.new";
        try
        {
            FaultPoint.Reach();
            using (var file = Libc.open(temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, 0b110_000_000))
            {
                RandomAccess.Write(file, MemoryMarshal.AsBytes(header), 0);
                RandomAccess.Write(file, content, 32);
            }

            FaultPoint.Reach();
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, temporary, Libc.AT_FDCWD, _path, 0), "rename", _path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private void Load()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        using var file = Libc.open(_path, Libc.O_RDONLY | Libc.O_NOFOLLOW);
        Span<ulong> header = stackalloc ulong[4];
        if (RandomAccess.Read(file, MemoryMarshal.AsBytes(header), 0) != 32 || header[0] != Magic)
        {
            return;
        }

        var length = RandomAccess.GetLength(file) - 32;
        if (length != (long)header[2] * Marshal.SizeOf<KnownRow>() || length > int.MaxValue)
        {
            return;
        }

        var rows = new KnownRow[header[2]];
        var content = MemoryMarshal.AsBytes(rows.AsSpan());
        for (var done = 0; done < content.Length;)
        {
            var read = RandomAccess.Read(file, content[done..], 32 + done);
            if (read == 0)
            {
                return;
            }

            done += read;
        }

        if (SumOf(content) == header[3])
        {
            (_rows, _next) = (rows, (int)header[1]);
            _places = new int[BitOperations.RoundUpToPowerOf2((uint)rows.Length + 1) * 2];
            for (var i = 0; i < rows.Length; i++)
            {
                var place = PlaceOf(rows[i].Inode, rows[i].Device);
                while (_places[place] != 0)
                {
                    place = (place + 1) & (_places.Length - 1);
                }

                _places[place] = i + 1;
            }
        }
    }

    // keyed: no guest can choose inodes that meet
    private int PlaceOf(ulong inode, ulong device) => (int)(PathHash.Mix(inode ^ (device << 32) ^ (device >> 32) ^ BlockHash.Key) & (ulong)(_places.Length - 1));

    // against a file that was cut off, not against anybody: nobody but root can write it
    private static ulong SumOf(ReadOnlySpan<byte> content)
    {
        var sum = (ulong)content.Length;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(content))
        {
            sum = (sum ^ word) * 0x9e3779b97f4a7c15;
            sum ^= sum >> 32;
        }

        return sum;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct KnownRow
    {
        public ulong Inode;
        public ulong Device;
        public long Size;
        public long ChangeSeconds;
        public uint ChangeNanoseconds;
        public uint Group;
        public uint Class;

        /// <summary>Only while rows are put together.</summary>
        public uint IsOld;
    }
}
