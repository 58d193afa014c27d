using System.Text;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>Which files of a tree have holes, as rules by which rsync leaves them out, or copies them and nothing else.</summary>
/// <remarks>rsync that keeps holes writes each file in pieces of 1,024 bytes (fileio.c, SPARSE_WRITE_SIZE), which takes a quarter of the time of a copy. So the few that have any go by
/// themselves. A file system that compresses shows holes in nearly all: then there is nothing to be gained.</remarks>
internal sealed class SparseFiles
{
    // rsync compares each name with each rule
    private const int MostRules = 200;
    private const long MostBytesOfRules = 8 << 20;

    // what fits into an inode takes no block
    private const ulong LargestInline = 4096;

    private readonly IReadOnlyList<byte[]> _paths;

    private SparseFiles(IReadOnlyList<byte[]> paths) => _paths = paths;

    public bool IsEmpty => _paths.Count == 0;

    /// <summary>Looks at every file of a tree that may change meanwhile; null where there are too many.</summary>
    public static SparseFiles? Find(string root, CancellationToken cancel)
    {
        var paths = FileWalk.Run<Visitor, byte[]>(root, () => new Visitor(), cancel).SelectMany(v => v.Paths).ToList();
        // with all directories above them, each escaped
        return paths.Count <= MostRules && paths.Sum(p => (long)p.Length * (1 + p.Count(b => b == '/')) * 2) <= MostBytesOfRules ? new SparseFiles(paths) : null;
    }

    /// <summary>Each is left out (for <c>--from0 --exclude-from</c>).</summary>
    public byte[] LeftOut() => Join(_paths);

    /// <summary>Each is taken, with the directories above it (for <c>--from0 --include-from</c> and, behind it, <c>--exclude=*</c>).</summary>
    public byte[] Alone() => Join(_paths.SelectMany(Above).DistinctBy(Encoding.Latin1.GetString, StringComparer.Ordinal).Concat(_paths));

    // rsync(1), PATTERN MATCHING RULES: backslashes count where there is something else that counts, and only there
    internal static byte[] Escape(ReadOnlySpan<byte> path)
    {
        if (path.IndexOfAny("*?["u8) < 0)
        {
            return path.ToArray();
        }

        var escaped = new List<byte>(path.Length + 8);
        foreach (var value in path)
        {
            escaped.AddRange(value is (byte)'*' or (byte)'?' or (byte)'[' or (byte)'\\' ? [(byte)'\\', value] : [value]);
        }

        return [.. escaped];
    }

    private static IEnumerable<byte[]> Above(byte[] path) => path.Index().Where(p => p.Item == '/' && p.Index > 0).Select(p => path[..(p.Index + 1)]);

    private static byte[] Join(IEnumerable<byte[]> paths) => [.. paths.SelectMany(p => (byte[])[.. Escape(p), 0])];

    // of a directory is known its path, with a slash at both ends
    private sealed class Visitor : IFileVisitor<byte[]>
    {
        public List<byte[]> Paths { get; } = [];

        public byte[] Enter(OpenDirectory directory, ReadOnlySpan<byte> name, byte[]? above) => name.Length == 0 ? "/"u8.ToArray() : [.. above!, .. name, (byte)'/'];

        public void Look(EntryReader entry, in Libc.Statx stat, byte[] place)
        {
            if (stat.Size > LargestInline && stat.Allocated < stat.Size && Paths.Count <= MostRules)
            {
                Paths.Add([.. place, .. entry.CopyName().AsSpan()[..^1]]);
            }
        }
    }
}
