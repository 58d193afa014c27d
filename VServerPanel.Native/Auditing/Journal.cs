using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Auditing;

/// <summary>The host's journal: one JSON line per entry, appended under a lock, on disk before an operation is called done.</summary>
/// <param name="paths">Where.</param>
/// <param name="fileBytes">A file of this size is put aside and a new one begun.</param>
internal sealed class Journal(HostPaths paths, long fileBytes = Journal.FileBytes)
{
    public const long FileBytes = 64 << 20;

    // what FindEnd and HasRecent look at
    private const int Recent = 4 << 20;

    private readonly JournalFiles _files = new(paths);

    /// <summary>Appends an entry and waits until it is on disk.</summary>
    public void Append(JournalEntry entry) => Write(LineOf(entry));

    /// <summary>Appends what waits in memory for room, as far as there is some.</summary>
    public void TakeIn()
    {
        if (File.Exists(SpareRoom.JournalOf(paths)))
        {
            Write([]);
        }
    }

    /// <summary>Keeps an entry for which the disk has no room; the next one that finds room takes it along.</summary>
    public void PutAside(JournalEntry entry)
    {
        using var fd = OpenLocked();
        using var spare = Libc.open(SpareRoom.JournalOf(paths), Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW, 0b110_000_000);
        AppendTo(spare, LineOf(entry));
    }

    /// <summary>Whether so much waits in memory, and for want of room, that only what makes room may be added.</summary>
    public bool IsSpareUsedUp()
    {
        if (!SpareRoom.IsUsedUp(paths))
        {
            return false;
        }

        try
        {
            TakeIn();
            return false;
        }
        catch (Exception e) when (SpareRoom.IsFullDisk(e))
        {
            return SpareRoom.IsUsedUp(paths);
        }
    }

    private void Write(byte[] line)
    {
        using var fd = OpenLocked();
        if (RandomAccess.GetLength(fd) == 0)
        {
            // of a crash while files were changed over, too: where it begins must not hang on older files, which may be taken away
            AppendTo(fd, _files.HeaderOf(fd));
            DurableFile.SyncDirectory(paths.Log);
        }

        TakeIn(fd);
        AppendTo(fd, line);
        ErrnoException.ThrowIfFailed(Libc.fdatasync(fd), "fdatasync", paths.Journal);
    }

    private byte[] Waiting()
    {
        try
        {
            return File.ReadAllBytes(SpareRoom.JournalOf(paths));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>What waits comes first, in its order. Where there is not room for all of it, what there is room for is no longer waiting.</summary>
    private void TakeIn(SafeFileHandle fd)
    {
        var waiting = Waiting();
        if (waiting.Length == 0)
        {
            return;
        }

        var taken = 0;
        try
        {
            // many at once; at the end of the room one by one
            for (var most = 1 << 16; taken < waiting.Length;)
            {
                var lines = waiting.AsSpan(taken, Math.Min(most, waiting.Length - taken));
                var end = taken + lines.Length == waiting.Length ? lines.Length : lines.LastIndexOf((byte)'\n') + 1;
                end = end > 0 ? end : waiting.AsSpan(taken).IndexOf((byte)'\n') + 1;
                end = end > 0 ? end : waiting.Length - taken;
                try
                {
                    AppendTo(fd, waiting.AsSpan(taken, end));
                    taken += end;
                }
                catch (IOException) when (most > 1)
                {
                    most = 1;
                }
            }
        }
        finally
        {
            if (taken > 0)
            {
                ErrnoException.ThrowIfFailed(Libc.fdatasync(fd), "fdatasync", paths.Journal);
            }

            if (taken == waiting.Length)
            {
                File.Delete(SpareRoom.JournalOf(paths));
            }
            else if (taken > 0)
            {
                DurableFile.Write(SpareRoom.JournalOf(paths), waiting.AsSpan(taken), 0b110_000_000);
            }
        }
    }

    /// <summary>All of it or nothing.</summary>
    private static void AppendTo(SafeFileHandle fd, ReadOnlySpan<byte> lines)
    {
        var end = RandomAccess.GetLength(fd);

        // a line that a crash or a full disk cut off must not swallow the next one
        Span<byte> last = stackalloc byte[1];
        var isCutOff = end > 0 && RandomAccess.Read(fd, last, end - 1) == 1 && last[0] != (byte)'\n';
        try
        {
            RandomAccess.Write(fd, isCutOff ? [(byte)'\n', .. lines] : lines, end);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(fd, end);
            throw;
        }
    }

    private static byte[] LineOf(JournalEntry entry) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry with { Position = null }, WireJson.Default.JournalEntry) + "\n");

    /// <summary>The position after the last entry.</summary>
    public long End()
    {
        using var current = _files.OpenCurrent();
        return _files.StartOf(current) + (current is null ? 0 : RandomAccess.GetLength(current));
    }

    /// <summary>The entries from a position on; lines that are no entry are passed over.</summary>
    /// <param name="position">Of an earlier reading. One that the journal has not reached is of another journal: it is read from its beginning then.</param>
    public IEnumerable<JournalEntry> Read(long position = 0)
    {
        foreach (var (line, end) in Lines(position))
        {
            if (Parse(line) is { } entry)
            {
                yield return entry with { Position = end };
            }
        }
    }

    /// <summary>How a recent operation ended, if that is on record.</summary>
    public JournalEntry? FindEnd(string operationId) =>
        Read(Math.Max(0, End() - Recent)).Concat(WaitingLines().Select(Parse).OfType<JournalEntry>()).FirstOrDefault(e => e.OperationId == operationId && e.Phase == JournalPhase.Ended);

    /// <summary>How operations ended, those of them whose end is on record anywhere.</summary>
    public Dictionary<string, JournalEntry> FindEnds(IReadOnlySet<string> operationIds)
    {
        if (operationIds.Count == 0)
        {
            return [];
        }

        var wanted = operationIds.Select(Encoding.ASCII.GetBytes).ToList();
        return WaitingLines().Concat(Lines(0).Select(l => l.Line))
            .Where(l => wanted.Exists(w => l.AsSpan().IndexOf(w) >= 0))
            .Select(Parse).OfType<JournalEntry>()
            .Where(e => e.Phase == JournalPhase.Ended && operationIds.Contains(e.OperationId))
            .DistinctBy(e => e.OperationId).ToDictionary(e => e.OperationId);
    }

    /// <summary>Whether the journal's last entries (4 MiB) or those that wait for room, tell of an operation.</summary>
    public bool HasRecent(string operationId)
    {
        var wanted = Encoding.ASCII.GetBytes($"\"operationId\":\"{operationId}\"");
        return Lines(Math.Max(0, End() - Recent)).Select(l => l.Line).Concat(WaitingLines()).Any(l => l.AsSpan().IndexOf(wanted) >= 0);
    }

    private IEnumerable<byte[]> WaitingLines()
    {
        using var waiting = new MemoryStream(Waiting());
        return [.. Lines(waiting, 0).Select(l => l.Line)];
    }

    private SafeFileHandle OpenLocked()
    {
        while (true)
        {
            var fd = Libc.open(paths.Journal, Libc.O_RDWR | Libc.O_CREAT, 0b110_100_000);
            ErrnoException.ThrowIfFailed(Libc.flock(fd, Libc.LOCK_EX), "flock", paths.Journal);

            // who had the lock before us may have put this file aside
            if (_files.IsCurrent(fd) && (RandomAccess.GetLength(fd) < fileBytes || !TryRotate(fd)))
            {
                return fd;
            }

            fd.Dispose();
        }
    }

    // a disk without room for a new file may have some for an entry
    private bool TryRotate(SafeFileHandle fd)
    {
        try
        {
            _files.Rotate(fd);
            return true;
        }
        catch (IOException)
        {
            return !_files.IsCurrent(fd);
        }
    }

    private IEnumerable<(byte[] Line, long End)> Lines(long position)
    {
        // the current file first: what it becomes while we read changes nothing then
        using var current = _files.OpenCurrent();
        var start = _files.StartOf(current);
        if (position > start + (current is null ? 0 : RandomAccess.GetLength(current)))
        {
            position = 0;
        }

        foreach (var full in _files.ListFull(current).Where(f => f.End > position && f.End <= start))
        {
            var from = Math.Max(position, full.Start);
            using var stream = JournalFiles.Open(full, from);
            foreach (var line in Lines(stream, from))
            {
                yield return line;
            }
        }

        if (current is not null)
        {
            using var stream = new FileStream(current, FileAccess.Read, 1 << 16) { Position = Math.Max(0, position - start) };
            foreach (var line in Lines(stream, start + stream.Position))
            {
                yield return line;
            }
        }
    }

    private static JournalEntry? Parse(byte[] line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, WireJson.Default.JournalEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<(byte[] Line, long End)> Lines(Stream file, long position)
    {
        using var line = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            var from = 0;
            for (int newline; (newline = Array.IndexOf(buffer, (byte)'\n', from, read - from)) >= 0; from = newline + 1)
            {
                line.Write(buffer, from, newline - from);
                yield return (line.ToArray(), position + newline + 1);
                line.SetLength(0);
            }

            // what is left has no newline yet: it is being written, or was cut off
            line.Write(buffer, from, read - from);
            position += read;
        }
    }
}
