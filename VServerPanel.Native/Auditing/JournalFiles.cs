using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Auditing;

/// <summary>The journal's files: <c>journal.jsonl</c>, and beside it <c>journal-START-END.jsonl</c>, those that were full. Positions count on over all of
/// them, so who reads by position notices nothing; full files may be compressed (.gz) or taken away.</summary>
internal sealed class JournalFiles(HostPaths paths)
{
    private const string Opening = "{\"start\":";

    private string New => paths.Journal + ".new";

    /// <summary>A file that was full, and the positions it holds.</summary>
    internal sealed record Full(string Path, long Start, long End);

    /// <summary>The file that is written to; null where there is none yet.</summary>
    public SafeFileHandle? OpenCurrent()
    {
        try
        {
            return Libc.open(paths.Journal, Libc.O_RDONLY);
        }
        catch (ErrnoException e) when (e.Errno == ErrnoNames.ENOENT)
        {
            return null;
        }
    }

    /// <summary>Whether a descriptor is that of the file that is written to.</summary>
    public bool IsCurrent(SafeFileHandle file) => Libc.TryStatx(null, paths.Journal, out var named) && named.Inode == Libc.fstatx(file).Inode;

    /// <summary>The position at which the current file begins: its first line says so. Without one it follows the last full file.</summary>
    public long StartOf(SafeFileHandle? current)
    {
        Span<byte> head = stackalloc byte[64];
        head = current is null ? [] : head[..RandomAccess.Read(current, head, 0)];
        return head.StartsWith(Encoding.ASCII.GetBytes(Opening)) && Utf8Parser.TryParse(head[Opening.Length..], out long start, out var digits) && head[(Opening.Length + digits)..].StartsWith("}\n"u8)
            ? start
            : ListFull(current) is [.., var last] ? last.End : 0;
    }

    /// <summary>The first line of a file that follows others; empty where it is the first of all.</summary>
    /// <param name="current">The current file, which is empty.</param>
    public byte[] HeaderOf(SafeFileHandle current) => StartOf(current) is > 0 and var start ? Header(start) : [];

    /// <summary>The full files in order.</summary>
    /// <param name="except">The current file, opened before: it may have become one of these since.</param>
    public IReadOnlyList<Full> ListFull(SafeFileHandle? except)
    {
        var inode = except is null ? 0 : Libc.fstatx(except).Inode;
        return Directory.Exists(paths.Log)
            ? [.. Directory.EnumerateFiles(paths.Log, "journal-*.jsonl*").Select(Parse).OfType<Full>()
                .Where(f => !Libc.TryStatx(null, f.Path, out var stat) || stat.Inode != inode)

                // while it is compressed it is there twice
                .OrderBy(f => f.Start).ThenBy(f => f.Path.Length).DistinctBy(f => f.Start)]
            : [];
    }

    /// <summary>Opens a full file at a position in it.</summary>
    public static Stream Open(Full file, long position)
    {
        // not by its path: C# would take a shared flock then, and fail while somebody writes
        var stream = new FileStream(Libc.open(file.Path, Libc.O_RDONLY), FileAccess.Read, 1 << 16);
        if (!file.Path.EndsWith(".gz", StringComparison.Ordinal))
        {
            stream.Position = position - file.Start;
            return stream;
        }

        var unpacked = new BufferedStream(new GZipStream(stream, CompressionMode.Decompress), 1 << 16);
        for (var left = position - file.Start; left > 0 && unpacked.ReadByte() >= 0; left--)
        {
        }

        return unpacked;
    }

    /// <summary>Puts the full file aside and begins a new one. At any instant of it nothing is lost: without a current file the next writer makes one.</summary>
    /// <param name="current">Locked by the caller.</param>
    public void Rotate(SafeFileHandle current)
    {
        var old = Libc.fstatx(current);
        var start = StartOf(current);
        var end = start + (long)old.Size;
        using (var fresh = Libc.open(New, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, 0b110_000_000))
        {
            RandomAccess.Write(fresh, Header(end), 0);
            ErrnoException.ThrowIfFailed(Libc.fchown(fresh, old.Uid, old.Gid), "fchown", New);
            ErrnoException.ThrowIfFailed(Libc.fchmod(fresh, old.Mode & 0xfffu), "fchmod", New);
            ErrnoException.ThrowIfFailed(Libc.fsync(fresh), "fsync", New);
        }

        Rename(paths.Journal, string.Create(CultureInfo.InvariantCulture, $"{paths.Log}/journal-{start:D16}-{end:D16}.jsonl"));
        FaultPoint.Reach();
        Rename(New, paths.Journal);
        DurableFile.SyncDirectory(paths.Log);
    }

    private static byte[] Header(long start) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Opening}{start}}}\n"));

    private static void Rename(string from, string to) =>
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, Libc.RENAME_NOREPLACE), "renameat2", from);

    private static Full? Parse(string path)
    {
        var name = Path.GetFileName(path);
        return name.Split('-', '.') is ["journal", var start, var end, "jsonl", ..] and ({ Length: 4 } or [.., "gz"])
            && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            && from < to
            ? new Full(path, from, to)
            : null;
    }
}
