using System.Text;
using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Auditing;

/// <summary>The host's journal: one JSON line per entry, appended under a lock, on disk before an operation is called done.</summary>
internal sealed class Journal(HostPaths paths)
{
    /// <summary>Appends an entry and waits until it is on disk.</summary>
    public void Append(JournalEntry entry)
    {
        var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry with { Position = null }, WireJson.Default.JournalEntry) + "\n");
        using var fd = Libc.open(paths.Journal, Libc.O_RDWR | Libc.O_CREAT, 0b110_100_000);
        ErrnoException.ThrowIfFailed(Libc.flock(fd, Libc.LOCK_EX), "flock", paths.Journal);
        var end = RandomAccess.GetLength(fd);

        // a line that a crash or a full disk cut off must not swallow the next one
        Span<byte> last = stackalloc byte[1];
        if (end > 0 && RandomAccess.Read(fd, last, end - 1) == 1 && last[0] != (byte)'\n')
        {
            line = [(byte)'\n', .. line];
        }

        try
        {
            RandomAccess.Write(fd, line, end);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(fd, end);
            throw;
        }

        ErrnoException.ThrowIfFailed(Libc.fdatasync(fd), "fdatasync", paths.Journal);
    }

    /// <summary>The entries from a position on; lines that are no entry are passed over.</summary>
    public IEnumerable<JournalEntry> Read(long position = 0)
    {
        if (!File.Exists(paths.Journal))
        {
            yield break;
        }

        // not by its path: C# would take a shared flock then, and fail while somebody writes
        using var file = new FileStream(Libc.open(paths.Journal, Libc.O_RDONLY), FileAccess.Read, 1 << 16);

        // shorter than what was read before: it was rotated; begin anew
        file.Position = position > file.Length ? 0 : position;
        foreach (var (line, end) in Lines(file))
        {
            if (Parse(line) is { } entry)
            {
                yield return entry with { Position = end };
            }
        }
    }

    /// <summary>How a recent operation ended, if that is on record.</summary>
    public JournalEntry? FindEnd(string operationId)
    {
        const int Recent = 4 << 20;
        return File.Exists(paths.Journal)
            ? Read(Math.Max(0, new FileInfo(paths.Journal).Length - Recent)).FirstOrDefault(e => e.OperationId == operationId && e.Phase == JournalPhase.Ended)
            : null;
    }

    /// <summary>Whether the journal's last entries (4 MiB) tell of an operation.</summary>
    public bool HasRecent(string operationId)
    {
        const int Recent = 4 << 20;
        if (!File.Exists(paths.Journal))
        {
            return false;
        }

        using var fd = Libc.open(paths.Journal, Libc.O_RDONLY);
        var length = RandomAccess.GetLength(fd);
        var tail = new byte[(int)Math.Min(length, Recent)];
        var read = RandomAccess.Read(fd, tail, length - tail.Length);
        return tail.AsSpan(0, read).IndexOf(Encoding.ASCII.GetBytes($"\"operationId\":\"{operationId}\"")) >= 0;
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

    private static IEnumerable<(byte[] Line, long End)> Lines(FileStream file)
    {
        var position = file.Position;
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
